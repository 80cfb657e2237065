import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { newSigningSecret, signatureHeaders } from "../../../shared/webhooks/signing.ts";
import { rotate, secretsThatSign } from "../../../shared/webhooks/signing-secrets.ts";

const body = '{"id":"evt_1","type":"purchase.finalized","data":{"name":"Zoë ✓"}}';
const message = (at = Date.now()) => ({ id: "evt_1", at, body });

describe("the signature, by the judgement of the standardwebhooks package", () => {
  it("is verified", () => {
    const secret = newSigningSecret();
    expect(new Webhook(secret).verify(body, signatureHeaders([secret], message()))).toEqual(JSON.parse(body));
  });

  it("is byte for byte what the package makes itself", () => {
    const secret = newSigningSecret();
    const at = new Date(1_790_000_000_000);
    expect(signatureHeaders([secret], message(at.getTime()))["webhook-signature"]).toBe(
      new Webhook(secret).sign("evt_1", at, body),
    );
  });

  it("is verified by the old and by the new secret while both sign", () => {
    const [older, newer] = [newSigningSecret(), newSigningSecret()];
    const headers = signatureHeaders([newer, older], message());
    for (const secret of [older, newer])
      expect(() => new Webhook(secret).verify(body, headers)).not.toThrow();
  });

  it("is refused for a changed byte, another id, an old or future timestamp, and a wrong secret", () => {
    const secret = newSigningSecret();
    const webhook = new Webhook(secret);
    const headers = signatureHeaders([secret], message());
    expect(() => webhook.verify(body.replace("evt_1", "evt_2"), headers)).toThrow();
    expect(() => webhook.verify(body, { ...headers, "webhook-id": "evt_2" })).toThrow();
    for (const minutes of [-6, 6]) {
      const at = Date.now() + minutes * 60_000;
      expect(() => webhook.verify(body, signatureHeaders([secret], message(at)))).toThrow();
    }
    expect(() => new Webhook(newSigningSecret()).verify(body, headers)).toThrow();
  });

  it("has secrets of 32 bytes, each another", () => {
    const secrets = Array.from({ length: 50 }, newSigningSecret);
    expect(new Set(secrets).size).toBe(50);
    for (const secret of secrets) {
      expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    }
  });

  it("is never left out", () => {
    expect(() => signatureHeaders([], message())).toThrow();
  });
});

describe("rotation", () => {
  const hour = 3_600_000;
  const first = [{ sealed: "a", signsUntil: null }];

  it("lets old and new sign for the overlap, then the new one alone", () => {
    const secrets = rotate(first, "b", { now: 0, overlapMs: 24 * hour });
    const at = (now: number) => secretsThatSign(secrets, now).map(({ sealed }) => sealed);
    expect(at(0)).toEqual(["b", "a"]);
    expect(at(24 * hour - 1)).toEqual(["b", "a"]);
    expect(at(24 * hour)).toEqual(["b"]);
  });

  it("ends the old one at once without overlap", () => {
    expect(rotate(first, "b", { now: 0, overlapMs: 0 })).toEqual([{ sealed: "b", signsUntil: null }]);
  });

  it("never lengthens the time of one that was to end, and forgets ended ones", () => {
    const once = rotate(first, "b", { now: 0, overlapMs: hour });
    const twice = rotate(once, "c", { now: hour / 2, overlapMs: 24 * hour });
    expect(twice.map(({ sealed, signsUntil }) => [sealed, signsUntil])).toEqual([
      ["c", null],
      ["b", 24.5 * hour],
      ["a", hour],
    ]);
    const thrice = rotate(twice, "d", { now: 2 * hour, overlapMs: hour });
    expect(thrice.map(({ sealed, signsUntil }) => [sealed, signsUntil])).toEqual([
      ["d", null],
      ["c", 3 * hour],
      ["b", 3 * hour],
    ]);
  });

  it("keeps at most five", () => {
    let secrets = first as ReturnType<typeof rotate>;
    for (let n = 0; n < 20; n++) secrets = rotate(secrets, `s${n}`, { now: n, overlapMs: hour });
    expect(secrets.length).toBe(5);
  });
});
