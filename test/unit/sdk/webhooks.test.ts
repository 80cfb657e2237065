import { describe, expect, it } from "vitest";
import { type EventStore, Licenzy, MemoryEventStore } from "../../../sdk/src/index.ts";
import { buildSignatureHeaders, generateSigningSecret } from "../../../shared/webhooks/signing.ts";

const { webhooks } = new Licenzy({ apiKey: "lz_test_1", baseUrl: "https://api.test" });
const secret = generateSigningSecret();

function signed(
  id: string,
  sequence: number | null,
  { at = Date.now(), secrets = [secret], subject = "user_1" } = {},
) {
  const data = {
    subject_ref: subject,
    project_id: "prj_1",
    mode: "test",
    sequence,
    metadata: { my_order: "✓" },
  };
  const body = JSON.stringify({ id, type: "usage.consumed", timestamp: "2026-01-01T00:00:00.000Z", data });
  return { body, headers: buildSignatureHeaders(secrets, { id, at, body }) };
}

describe("webhooks.verify()", () => {
  it("verifies a Request, a body in bytes and Node's headers, and types the event", async () => {
    const { body, headers } = signed("evt_1", 1);
    const requests = [
      new Request("https://app.test/hook", { method: "POST", body, headers }),
      { body: new TextEncoder().encode(body), headers: new Headers(headers) },
      { body, headers: { ...headers } },
      {
        body,
        headers: Object.fromEntries(
          Object.entries(headers).map(([key, value]) => [key.toUpperCase(), value]),
        ),
      },
    ];
    for (const request of requests)
      expect(await webhooks.verify(request, { secret })).toMatchObject({
        ok: true,
        event: {
          type: "usage.consumed",
          data: { subjectRef: "user_1", sequence: 1, metadata: { my_order: "✓" } },
        },
      });
  });

  it("refuses a wrong secret, a changed body, a missing header and a clock that is off", async () => {
    const request = signed("evt_1", 1);
    const other = generateSigningSecret();
    const errorOf = async (changed: object, options = {}) => {
      const result = await webhooks.verify({ ...request, ...changed }, { secret, ...options });
      return result.ok ? null : result.error;
    };
    expect(await errorOf({})).toBeNull();
    expect(await errorOf({}, { secret: other })).toBe("invalid_signature");
    expect(await errorOf({ body: request.body.replace("user_1", "user_2") })).toBe("invalid_signature");
    expect(await errorOf({ headers: {} })).toBe("missing_headers");
    const withSignature = (value: string) => ({
      headers: { ...request.headers, "webhook-signature": value },
    });
    for (const value of ["v1,x", "v1,!!", "v2,abcd", "v1"])
      expect(await errorOf(withSignature(value))).toBe("invalid_signature");
    for (const minutes of [-6, 6])
      expect(await errorOf(signed("evt_1", 1, { at: Date.now() + minutes * 60_000 }))).toBe(
        "outside_tolerance",
      );
    expect(await errorOf({ headers: { ...request.headers, "webhook-timestamp": "soon" } })).toBe(
      "outside_tolerance",
    );
    for (const wrong of ["secret", "", [], undefined])
      await expect(webhooks.verify(request, { secret: wrong })).rejects.toThrow(/whsec_/);
  });

  it("accepts either secret while one is rotated", async () => {
    const next = generateSigningSecret();
    const request = signed("evt_1", 1, { secrets: [next, secret] });
    for (const known of [secret, next, [next, secret]])
      expect(await webhooks.verify(request, { secret: known })).toMatchObject({ ok: true });
    expect(await webhooks.verify(signed("evt_1", 1), { secret: [next, secret] })).toMatchObject({ ok: true });
  });
});

describe("webhooks.receive()", () => {
  it("handles each event once, skips older ones, and keeps those of one change", async () => {
    const store = new MemoryEventStore();
    const handled: string[] = [];
    const receive = async (id: string, sequence: number | null, subject = "user_1") => {
      const result = await webhooks.receive(signed(id, sequence, { subject }), {
        secret,
        store,
        handle: async (event) => void handled.push(event.id),
      });
      return result.ok ? result.outcome : result.error;
    };
    expect(await receive("a", 2)).toBe("processed");
    expect(await receive("a", 2)).toBe("duplicate");
    expect(await receive("b", 2)).toBe("processed");
    expect(await receive("c", 1)).toBe("outdated");
    expect(await receive("d", 1, "user_2")).toBe("processed");
    expect(await receive("e", null)).toBe("processed");
    expect(handled).toEqual(["a", "b", "d", "e"]);
  });

  it("an event that fails or arrives twice at once is handled until it succeeds, and then never again", async () => {
    const store = new MemoryEventStore();
    let tries = 0;
    const receive = () =>
      webhooks.receive(signed("a", 1), {
        secret,
        store,
        handle: async () => {
          tries++;
          await Promise.resolve();
          if (tries === 1) throw new Error("the database is down");
        },
      });
    const outcomes = await Promise.allSettled([receive(), receive(), receive()]);
    expect(
      outcomes.map((each) => (each.status === "fulfilled" && each.value.ok ? each.value.outcome : "failed")),
    ).toEqual(["failed", "processed", "duplicate"]);
    expect(tries).toBe(2);
  });

  it("passes the store's transaction to the handler, and an unsigned request reaches no store", async () => {
    const store: EventStore<{ name: string }> = {
      process: async (_place, handle) => {
        await handle({ name: "transaction" });
        return "processed";
      },
    };
    const seen: string[] = [];
    const handle = async (_event: unknown, { name }: { name: string }) => void seen.push(name);
    await webhooks.receive(signed("a", 1), { secret, store, handle });
    const forged = signed("b", 1, { secrets: [generateSigningSecret()] });
    expect(await webhooks.receive(forged, { secret, store, handle })).toMatchObject({
      ok: false,
      status: 400,
    });
    expect(seen).toEqual(["transaction"]);
  });
});
