import { exports } from "cloudflare:workers";
// The package as it is published, as a customer's Worker imports it.
import { Licenzy } from "licenzy:built";
import { beforeAll, describe, expect, it } from "vitest";
import { D1EventStore, eventStoreSchema } from "../../examples/sql-event-store/d1-event-store.ts";
import { generateApiKey, parseApiKey } from "../../shared/kit/api-key.ts";
import { newId } from "../../shared/kit/ids.ts";
import { buildSignatureHeaders, generateSigningSecret } from "../../shared/webhooks/signing.ts";
import { keyringName } from "../../workers/runtime/keys/keyring.ts";
import { activePlan, env } from "./subjects.ts";

async function newClient() {
  const projectId = newId("prj");
  const apiKey = generateApiKey("test", "weur", projectId);
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, "test")));
  const keyHash = parseApiKey(apiKey)?.hash ?? "";
  const key = { keyId: newId("key"), keyHash, expiresAt: null, revokedAt: null, version: 1 };
  await keyring.put([key], activePlan);
  return new Licenzy({
    apiKey,
    baseUrl: "http://runtime",
    fetch: (url, init) => exports.default.fetch(url, init),
  });
}

const secret = generateSigningSecret();

/** Returns a signed delivery of an event of the customer. */
function delivery(id: string, sequence: number): Request {
  const data = { subject_ref: "user_1", project_id: "prj_1", mode: "test", sequence };
  const body = JSON.stringify({ id, type: "usage.consumed", timestamp: "2026-01-01T00:00:00.000Z", data });
  const headers = buildSignatureHeaders([secret], { id, at: Date.now(), body });
  return new Request("https://app.test/hook", { method: "POST", body, headers });
}

describe("the built SDK in workerd", () => {
  it("checks access and is refused units that the customer does not have", async () => {
    const licenzy = await newClient();
    expect(await licenzy.access.check("user_1")).toMatchObject({
      ok: true,
      allowed: false,
      reason: "no_entitlement",
    });
    expect(await licenzy.usage.consume("user_1", 5, { eventId: "job-1" })).toMatchObject({
      ok: false,
      error: "insufficient_usage",
    });
  });

  it("verifies a webhook, and refuses one with another secret", async () => {
    const licenzy = await newClient();
    expect(await licenzy.webhooks.verify(delivery("evt_1", 1), { secret })).toMatchObject({
      ok: true,
      event: { type: "usage.consumed", data: { subjectRef: "user_1" } },
    });
    expect(
      await licenzy.webhooks.verify(delivery("evt_1", 1), { secret: generateSigningSecret() }),
    ).toMatchObject({ ok: false, error: "invalid_signature" });
  });
});

describe("the event store over D1", () => {
  beforeAll(async () => {
    await env.DB.batch(eventStoreSchema.map((statement) => env.DB.prepare(statement)));
    await env.DB.exec("CREATE TABLE own_effects (event_id TEXT, sequence INTEGER)");
  });
  const effects = async () => {
    const { results } = await env.DB.prepare("SELECT event_id FROM own_effects ORDER BY rowid").all<{
      event_id: string;
    }>();
    return results.map(({ event_id }) => event_id);
  };
  const receive = async (id: string, sequence: number, fail = false) => {
    const licenzy = await newClient();
    const received = await licenzy.webhooks.receive(delivery(id, sequence), {
      secret,
      store: new D1EventStore(env.DB),
      handle: async (event, writes) => {
        writes.add(env.DB.prepare("INSERT INTO own_effects VALUES (?, ?)").bind(event.id, sequence));
        if (fail) writes.add(env.DB.prepare("INSERT INTO no_such_table VALUES (1)"));
      },
    });
    return received.ok ? received.outcome : received.error;
  };

  it("commits each event once with its writes, skips older ones, and keeps nothing of one that fails", async () => {
    expect(await receive("evt_a", 5)).toBe("processed");
    expect(await receive("evt_a", 5)).toBe("duplicate");
    expect(await receive("evt_b", 4)).toBe("outdated");
    // Several events of one change have the same sequence.
    expect(await receive("evt_c", 5)).toBe("processed");
    await expect(receive("evt_d", 6, true)).rejects.toThrow("no_such_table");
    expect(await effects()).toEqual(["evt_a", "evt_c"]);
    expect(await receive("evt_d", 6)).toBe("processed");
  });

  it("commits an event once when several workers get it at the same time", async () => {
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => receive("evt_race", 10)));
    expect(outcomes.filter((outcome) => outcome === "processed")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(4);
    expect((await effects()).filter((id) => id === "evt_race")).toHaveLength(1);
  });

  it("lets an older event that began first lose against a newer one that committed in between", async () => {
    const store = new D1EventStore(env.DB);
    const place = (id: string, sequence: number) => ({ id, stream: "prj_2/test/user_1", sequence });
    const outcome = await store.process(place("evt_older", 1), async (writes) => {
      writes.add(env.DB.prepare("INSERT INTO own_effects VALUES ('evt_older', 1)"));
      expect(await store.process(place("evt_newer", 2), async () => undefined)).toBe("processed");
    });
    expect(outcome).toBe("outdated");
    expect(await effects()).not.toContain("evt_older");
  });
});
