import { describe, expect, it } from "vitest";
import { Licenzy, MemoryEventStore } from "../../../sdk/src/index.ts";
import { TestLicenzy } from "../../../sdk/src/testing/index.ts";
import { buildSignatureHeaders, generateSigningSecret } from "../../../shared/webhooks/signing.ts";

function open() {
  const memory = new TestLicenzy({
    products: [
      { code: "CREDITS", kind: "usage_pack", units: 100 },
      { code: "PRO", kind: "subscription" },
    ],
  });
  memory.grant("user_1", "PRO");
  const licenzy = memory.client({ retries: 0 });
  const revoke = async () => {
    const access = await licenzy.customers.access("user_1");
    if (!access.ok) throw new Error(access.message);
    memory.revoke("user_1", access.entitlements[0]?.entitlementId ?? "");
  };
  return { memory, licenzy, revoke };
}

/** Delivers a signed event about `user_1`. */
async function receiveEvent({ webhooks }: Licenzy, type: string) {
  const secret = generateSigningSecret();
  const data = { subject_ref: "user_1", project_id: "prj_1", mode: "test", sequence: 2 };
  const body = JSON.stringify({ id: "evt_1", type, timestamp: "", data });
  const headers = buildSignatureHeaders([secret], { id: "evt_1", at: Date.now(), body });
  const store = new MemoryEventStore();
  await webhooks.receive({ body, headers }, { secret, store, handle: async () => {} });
}

describe("answers when Licenzy can't be reached", () => {
  it("without a fail mode an outage is a failure, and access is never guessed", async () => {
    const { memory, licenzy } = open();
    await licenzy.access.check("user_1");
    memory.setDown(true);
    expect(await licenzy.access.check("user_1")).toMatchObject({ ok: false, error: "unreachable" });
  });

  it("each fail mode answers as chosen, and says that the answer is assumed", async () => {
    const { memory, licenzy } = open();
    memory.setDown(true);
    expect(await licenzy.access.check("user_1", { fail: "closed" })).toMatchObject({
      ok: true,
      allowed: false,
      reason: "unreachable",
      decisionId: null,
      stale: { by: "closed", error: "unreachable" },
    });
    expect(await licenzy.access.check("user_1", { fail: "open" })).toMatchObject({
      allowed: true,
      stale: { by: "open" },
    });
    const lastKnown = { fail: "last-known", lastKnownForMs: 60_000 } as const;
    expect(await licenzy.access.check("user_1", lastKnown)).toMatchObject({
      allowed: false,
      stale: { by: "closed" },
    });
    memory.setDown(false);
    await licenzy.access.check("user_1");
    memory.setDown(true);
    expect(await licenzy.access.check("user_1", lastKnown)).toMatchObject({
      allowed: true,
      stale: { by: "last-known", error: "unreachable" },
    });
    expect(await licenzy.access.checkProducts("user_1", ["PRO"], lastKnown)).toMatchObject({
      allowed: false,
    });
    expect(await licenzy.access.check("user_1", { fail: "last-known" })).toMatchObject({ allowed: false });
  });

  it("the last known answer outlives a consume in an outage, and no event about the customer", async () => {
    const { memory, licenzy } = open();
    const lastKnown = { fail: "last-known", lastKnownForMs: 60_000 } as const;
    await licenzy.access.check("user_1");
    memory.setDown(true);
    for (let request = 0; request < 2; request++) {
      expect(await licenzy.access.check("user_1", lastKnown)).toMatchObject({
        allowed: true,
        stale: { by: "last-known" },
      });
      expect(await licenzy.usage.consume("user_1", 1)).toMatchObject({ error: "unreachable" });
    }
    await receiveEvent(licenzy, "access.lost");
    expect(await licenzy.access.check("user_1", lastKnown)).toMatchObject({
      allowed: false,
      stale: { by: "closed" },
    });
  });

  it("a wrong key is a failure in every fail mode", async () => {
    const { memory } = open();
    const stranger = memory.client({ apiKey: "lz_test_unknown", fail: "open" });
    expect(await stranger.access.check("user_1")).toMatchObject({ ok: false, error: "invalid_api_key" });
  });
});

describe("answers from memory", () => {
  it("every check is sent unless maxStaleMs allows an older answer", async () => {
    const { licenzy, revoke } = open();
    expect(await licenzy.access.check("user_1", { maxStaleMs: 60_000 })).toMatchObject({
      allowed: true,
      stale: null,
    });
    await revoke();
    expect(await licenzy.access.check("user_1", { maxStaleMs: 60_000 })).toMatchObject({
      allowed: true,
      stale: { by: "cache" },
    });
    expect(await licenzy.access.check("user_1")).toMatchObject({
      allowed: false,
      reason: "revoked",
      stale: null,
    });
  });

  it("a webhook drops the customer's answers at once, also that of a check on its way", async () => {
    const { memory, revoke } = open();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let hold = false;
    const licenzy = memory.client({
      fetch: async (url, init) => {
        const response = await memory.fetch(url, init);
        if (hold) await held;
        return response;
      },
    });
    await licenzy.access.check("user_1", { maxStaleMs: 60_000 });
    hold = true;
    const onItsWay = licenzy.access.check("user_1");
    await revoke();
    await receiveEvent(licenzy, "subscription.updated");
    hold = false;
    release();
    expect(await onItsWay).toMatchObject({ allowed: true });
    expect(await licenzy.access.check("user_1", { maxStaleMs: 60_000 })).toMatchObject({
      allowed: false,
      stale: null,
    });
  });

  it("a consume by the same client drops the customer's answers", async () => {
    const { memory, licenzy } = open();
    memory.grant("user_2", "CREDITS");
    await licenzy.access.check("user_2", { maxStaleMs: 60_000 });
    await licenzy.usage.consume("user_2", 100);
    expect(await licenzy.access.check("user_2", { maxStaleMs: 60_000 })).toMatchObject({
      allowed: false,
      reason: "usage_exhausted",
    });
  });
});

it("a client is made without a network", () => {
  expect(() => new Licenzy({ apiKey: "lz_live_1", baseUrl: "https://api.test" })).not.toThrow();
});

describe("a check that names an earlier decision", () => {
  it("sends it, and uses no answer from memory", async () => {
    const { memory, licenzy, revoke } = open();
    const first = await licenzy.access.check("user_1");
    await revoke();
    const atLeast = first.decisionId ?? "";
    const options = { maxStaleMs: 60_000, fail: "last-known", lastKnownForMs: 60_000 } as const;
    expect(await licenzy.access.check("user_1", options)).toMatchObject({ stale: { by: "cache" } });
    expect(await licenzy.access.check("user_1", { ...options, atLeast })).toMatchObject({
      allowed: false,
      stale: null,
    });
    memory.setDown(true);
    expect(await licenzy.access.check("user_1", { ...options, atLeast })).toMatchObject({
      allowed: false,
      stale: { by: "closed" },
    });
  });

  it("has it in the request's header", async () => {
    const sent: (string | null)[] = [];
    const licenzy = new Licenzy({
      apiKey: "lz_test_key",
      baseUrl: "http://licenzy.test",
      retries: 0,
      fetch: async (_url, init) => {
        sent.push(new Headers(init?.headers).get("Licenzy-At-Least"));
        return new Response("{}", { status: 200, headers: { "Request-Id": "req_1" } });
      },
    });
    await licenzy.access.check("user_1", { atLeast: "dec_1" });
    await licenzy.access.check("user_1");
    expect(sent).toEqual(["dec_1", null]);
  });
});
