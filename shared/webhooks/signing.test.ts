import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { buildSignatureHeaders, generateSigningSecret } from "./signing.ts";

const body = '{"id":"evt_1","type":"purchase.finalized","data":{"name":"Zoë ✓"}}';
const message = (at = Date.now()) => ({ id: "evt_1", at, body });

describe("webhook signature, checked by the standardwebhooks package", () => {
  it("the standardwebhooks package accepts a signature of signatureHeaders()", () => {
    const secret = generateSigningSecret();
    expect(new Webhook(secret).verify(body, buildSignatureHeaders([secret], message()))).toEqual(
      JSON.parse(body),
    );
  });

  it("signatureHeaders() returns the same bytes as the standardwebhooks package", () => {
    const secret = generateSigningSecret();
    const at = new Date(1_790_000_000_000);
    expect(buildSignatureHeaders([secret], message(at.getTime()))["webhook-signature"]).toBe(
      new Webhook(secret).sign("evt_1", at, body),
    );
  });

  it("the standardwebhooks package accepts the old and the new secret while both sign", () => {
    const [older, newer] = [generateSigningSecret(), generateSigningSecret()];
    const headers = buildSignatureHeaders([newer, older], message());
    for (const secret of [older, newer])
      expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
  });

  it("the standardwebhooks package rejects a changed body, id, secret or timestamp", () => {
    const secret = generateSigningSecret();
    const webhook = new Webhook(secret);
    const headers = buildSignatureHeaders([secret], message());
    expect(() => webhook.verify(body.replace("evt_1", "evt_2"), headers)).toThrow();
    expect(() => webhook.verify(body, { ...headers, "webhook-id": "evt_2" })).toThrow();
    for (const minutes of [-6, 6]) {
      const at = Date.now() + minutes * 60_000;
      expect(() => webhook.verify(body, buildSignatureHeaders([secret], message(at)))).toThrow();
    }
    expect(() => new Webhook(generateSigningSecret()).verify(body, headers)).toThrow();
  });

  it("newSigningSecret() returns a different secret of 32 bytes on each call", () => {
    const secrets = Array.from({ length: 50 }, generateSigningSecret);
    expect(new Set(secrets).size).toBe(50);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    }
  });

  it("signatureHeaders() throws when there is no secret to sign with", () => {
    expect(() => buildSignatureHeaders([], message())).toThrow();
  });
});
