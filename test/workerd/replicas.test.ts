import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { generateApiKey, parseApiKey } from "../../shared/kit/api-key.ts";
import { encodeDecisionId } from "../../shared/kit/decision-id.ts";
import { newId } from "../../shared/kit/ids.ts";
import { keyringName } from "../../workers/runtime/keys/keyring.ts";
import { AccessReplica } from "../../workers/runtime/replica/access-replica.ts";
import { leaseTerms } from "../../workers/runtime/replica/lease.ts";
import { Subject } from "../../workers/runtime/subject/subject.ts";
import { eventually } from "../eventually.ts";
import { rowsTouched } from "./rows-touched.ts";
import { activePlan, buildConsume, buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

/** Places as Cloudflare names them. The project of these tests is in `weur`. */
const places = {
  apac: { continent: "AS", country: "JP", longitude: "139.7" },
  oc: { continent: "OC", country: "AU", longitude: "151.2" },
  enam: { continent: "NA", country: "US", longitude: "-74.0" },
  weur: { continent: "EU", country: "DE", longitude: "8.7" },
} as const;
type Place = keyof typeof places;
const farAway = ["apac", "oc", "enam"] as const;

afterEach(() => vi.restoreAllMocks());

/** A customer with units, and a caller with a key of the customer's project. */
async function newCustomer(units: number) {
  const { identity, stub } = newSubject();
  const apiKey = generateApiKey("test", "weur", identity.projectId);
  const keyHash = parseApiKey(apiKey)?.hash ?? "";
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(identity.projectId, "test")));
  const key = { keyId: newId("key"), keyHash, expiresAt: null, revokedAt: null, version: 1 };
  await keyring.put([key], activePlan);
  if (units > 0) {
    const now = Date.now() + (await env.DEV.clockOffsetMs());
    await stub.applyStripe(identity, buildPurchase(identity.projectId, buildPack(units), now));
  }
  const send = (from: Place, path: string, body: object, headers: Record<string, string> = {}) =>
    exports.default.fetch(`http://runtime${path}`, {
      method: "POST",
      headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ subject_ref: identity.subjectRef, ...body }),
      cf: places[from],
    } as RequestInit);
  const check = async (from: Place, atLeast?: string) => {
    const reply = await send(
      from,
      "/v1/access/check",
      {},
      atLeast === undefined ? {} : { "Licenzy-At-Least": atLeast },
    );
    return { status: reply.status, ...((await reply.json()) as { allowed?: boolean; error?: string }) };
  };
  const consume = (from: Place, count: number, idempotencyKey: string) =>
    send(from, "/v1/usage/consume", { units: count }, { "Idempotency-Key": idempotencyKey });
  const toId = (moment: { sequence: number; at: number }) => encodeDecisionId(subjectName(identity), moment);
  return { identity, stub, keyring, key, send, check, consume, toId };
}

const countQuestions = () => vi.spyOn(Subject.prototype, "packedLease");

/** Replicas get no recall until the returned function is called. */
function loseRecalls(): () => void {
  const spy = vi.spyOn(AccessReplica.prototype, "recall").mockImplementation(() => new Promise(() => {}));
  return () => spy.mockRestore();
}

describe("a check from another region", () => {
  it("is answered near by after the first one, and at home without a replica", async () => {
    const { check } = await newCustomer(10);
    const questions = countQuestions();
    for (let index = 0; index < 20; index++) expect(await check("apac")).toMatchObject({ allowed: true });
    expect(questions).toHaveBeenCalledTimes(1);
    for (let index = 0; index < 3; index++) expect(await check("weur")).toMatchObject({ allowed: true });
    expect(questions).toHaveBeenCalledTimes(1);
  });

  it("of an unknown customer leaves nothing in storage, and gets no lease", async () => {
    const { check, stub } = await newCustomer(0);
    const questions = countQuestions();
    for (let index = 0; index < 3; index++) expect(await check("apac")).toMatchObject({ allowed: false });
    expect(questions).toHaveBeenCalledTimes(3);
    await runInDurableObject(stub, (_, { storage }) => {
      const tables = storage.sql.exec(
        "SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'",
      );
      expect(tables.toArray()).toEqual([]);
    });
  });

  it("shows each change at once, anywhere, when one flips the decision again and again", async () => {
    const { check, consume, stub, identity } = await newCustomer(1);
    for (let turn = 0; turn < 8; turn++) {
      for (const from of farAway) expect(await check(from)).toMatchObject({ allowed: true });
      expect((await consume("weur", 1, `all-${turn}`)).status).toBe(200);
      const seen = await Promise.all(farAway.map((from) => check(from)));
      expect(seen.map(({ allowed }) => allowed)).toEqual([false, false, false]);
      const now = Date.now() + (await env.DEV.clockOffsetMs());
      await stub.applyStripe(identity, buildPurchase(`${identity.projectId}-${turn}`, buildPack(1), now));
    }
    expect(await check("apac")).toMatchObject({ allowed: true });
  });

  it("costs a consume that leaves units nothing: no call, and two rows", async () => {
    const { check, stub, identity } = await newCustomer(100);
    for (const from of farAway) await check(from);
    const recalls = vi.spyOn(AccessReplica.prototype, "recall");
    const { written } = await rowsTouched(stub, (subject) =>
      subject.consume(identity, buildConsume(1, "one")),
    );
    expect(written).toBe(2);
    expect(recalls).not.toHaveBeenCalled();
  });

  it("writes one row per region, once", async () => {
    const { check, stub } = await newCustomer(10);
    for (let index = 0; index < 3; index++) for (const from of farAway) await check(from);
    await runInDurableObject(stub, (_, { storage }) => {
      const rows = storage.sql.exec<{ region: string }>("SELECT region FROM lease_holders").toArray();
      expect(rows.map(({ region }) => region).toSorted()).toEqual([...farAway].toSorted());
    });
  });

  it("has a decision id that an operator can look up, also after consumes that changed no decision", async () => {
    const { send, stub, identity } = await newCustomer(100);
    await send("apac", "/v1/access/check", {});
    for (let index = 0; index < 3; index++) await stub.consume(identity, buildConsume(1, `k-${index}`));
    const reply = await send("apac", "/v1/access/check", {});
    const { decodeDecisionId } = await import("../../shared/kit/decision-id.ts");
    const moment = decodeDecisionId(subjectName(identity), reply.headers.get("Licenzy-Decision") ?? "");
    if (moment === null) throw new Error("no decision id");
    expect(moment.sequence).toBe(1);
    expect(await stub.decisionAsOf(moment)).toMatchObject({
      outcome: "computed",
      sequence: 1,
      decision: { allowed: true },
    });
  });
});

describe("a change while leases are out", () => {
  it("is not acknowledged while a replica does not answer: 503, and the retry settles it", async () => {
    const { check, consume } = await newCustomer(1);
    await check("apac");
    const restore = loseRecalls();
    expect((await consume("weur", 1, "all")).status).toBe(503);
    // The replica does not know yet, and the change is not acknowledged.
    expect(await check("apac")).toMatchObject({ allowed: true });
    expect((await consume("weur", 1, "all")).status).toBe(503);
    restore();
    const settled = await consume("weur", 1, "all");
    expect([settled.status, settled.headers.get("Idempotency-Replayed")]).toEqual([200, "true"]);
    expect(await check("apac")).toMatchObject({ allowed: false });
  });

  it("is acknowledged when the leases have run out", async () => {
    const { check, stub, identity } = await newCustomer(1);
    const { leaseMs } = leaseTerms;
    leaseTerms.leaseMs = 1_000;
    try {
      await check("apac");
      const restore = loseRecalls();
      const startedAt = Date.now();
      await stub.consume(identity, buildConsume(1, "all"));
      expect(Date.now() - startedAt).toBeGreaterThan(1_000);
      expect(await check("apac")).toMatchObject({ allowed: false });
      restore();
    } finally {
      leaseTerms.leaseMs = leaseMs;
    }
  });

  it("is seen by a caller that names its decision, before it is acknowledged", async () => {
    const { check, stub, identity, toId } = await newCustomer(1);
    await check("apac");
    const restore = loseRecalls();
    const consuming = stub.consume(identity, buildConsume(1, "all"));
    await eventually(async () => expect((await stub.check()).decision.allowed).toBe(false));
    expect(await check("apac")).toMatchObject({ allowed: true });
    expect(await check("apac", toId(await stub.check()))).toMatchObject({ allowed: false });
    restore();
    await consuming;
  });

  it("is recalled by an instance that starts after the lease was granted", async () => {
    const { check, stub, identity } = await newCustomer(1);
    for (const from of farAway) expect(await check(from)).toMatchObject({ allowed: true });
    const recalls = vi.spyOn(AccessReplica.prototype, "recall");
    await runInDurableObject(stub, async (_, state) => {
      await new Subject(state, env).consume(identity, buildConsume(1, "all"));
    });
    expect(recalls).toHaveBeenCalledTimes(farAway.length);
    for (const from of farAway) expect(await check(from)).toMatchObject({ allowed: false });
  });

  it("that an earlier instance wrote is acknowledged to a replay only when the leases are back", async () => {
    const { check, stub, identity } = await newCustomer(1);
    await check("apac");
    const restore = loseRecalls();
    stub.consume(identity, buildConsume(1, "all")).catch(() => undefined);
    await eventually(async () => expect((await stub.check()).decision.allowed).toBe(false));
    await runInDurableObject(stub, async (_, state) => {
      const again = new Subject(state, env);
      let isAcknowledged = false;
      const replaying = again.consume(identity, buildConsume(1, "all")).then(() => {
        isAcknowledged = true;
      });
      await scheduler.wait(300);
      expect(isAcknowledged).toBe(false);
      restore();
      await replaying;
    });
    expect(await check("apac")).toMatchObject({ allowed: false });
  });

  it("that erases the customer takes every lease back first", async () => {
    const { check, stub } = await newCustomer(10);
    for (const from of farAway) expect(await check(from)).toMatchObject({ allowed: true });
    await stub.erase({ erasureId: "ers_1", requestedAt: Date.now() });
    for (const from of farAway) expect(await check(from)).toMatchObject({ allowed: false });
    const questions = countQuestions();
    await check("apac");
    await check("apac");
    expect(questions, "an erased customer gets no lease").toHaveBeenCalledTimes(2);
  });

  it("waits with its webhooks, which a backend may act on", async () => {
    const { check, stub, identity } = await newCustomer(1);
    await stub.wake();
    await check("apac");
    const restore = loseRecalls();
    stub.consume(identity, buildConsume(1, "all")).catch(() => undefined);
    await eventually(async () => expect((await stub.check()).decision.allowed).toBe(false));
    const waking = stub.wake();
    await scheduler.wait(200);
    expect(await stub.verify()).toMatchObject({ unflushed: 1 });
    restore();
    await waking;
    expect(await stub.verify()).toMatchObject({ unflushed: 0 });
  });
});

describe("a replica that fails", () => {
  it("is passed by: the subject answers itself", async () => {
    const { check } = await newCustomer(10);
    vi.spyOn(AccessReplica.prototype, "packedCheck").mockRejectedValue(new Error("moved"));
    expect(await check("apac")).toMatchObject({ status: 200, allowed: true });
  });

  it("answers 503 when the subject does not answer and no lease is left", async () => {
    const { check } = await newCustomer(10);
    vi.spyOn(Subject.prototype, "packedLease").mockImplementation(() => new Promise(() => {}));
    expect(await check("apac")).toMatchObject({ status: 503, error: "temporarily_unavailable" });
  });
});

describe("Licenzy-At-Least", () => {
  it.each(["dec_", "dec_0", "nonsense", ""])("that is %j is refused", async (value) => {
    const { send } = await newCustomer(1);
    for (const path of ["/v1/access/check", "/v1/access/shadow"]) {
      const body = path.endsWith("shadow") ? { allowed: true } : {};
      const reply = await send("weur", path, body, { "Licenzy-At-Least": value });
      expect(reply.status).toBe(400);
      expect(await reply.json()).toMatchObject({
        error: "invalid_request",
        details: [{ path: "Licenzy-At-Least" }],
      });
    }
  });

  it("of another subject is refused", async () => {
    const { check } = await newCustomer(1);
    const other = encodeDecisionId("prj_other/test/user_1", { sequence: 1, at: Date.now() });
    expect(await check("apac", other)).toMatchObject({ status: 400, error: "invalid_request" });
  });

  it("beyond the ledger is answered from the newest state", async () => {
    const { check, toId } = await newCustomer(1);
    expect(await check("apac", toId({ sequence: 1_000_000, at: Date.now() }))).toMatchObject({
      allowed: true,
    });
  });
});

describe("a key from another region", () => {
  it("is looked up in the region's replica, and refused within 5 s of its revocation", async () => {
    const { check, keyring, key } = await newCustomer(1);
    const lookups = vi.spyOn(AccessReplica.prototype, "findKey");
    for (let index = 0; index < 3; index++) await check("apac");
    expect(lookups).toHaveBeenCalledTimes(1);
    await keyring.put([{ ...key, revokedAt: Date.now(), version: 2 }], activePlan);
    const real = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => real + 5_000);
    expect(await check("apac")).toMatchObject({ status: 401, error: "invalid_api_key" });
  });
});
