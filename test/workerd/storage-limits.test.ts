import { runInDurableObject } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Mode } from "../../shared/contract/enums.ts";
import { stripeConnections } from "../../shared/db/tables/configuration.ts";
import { checkoutAttempts, stripeObjects } from "../../shared/db/tables/stripe.ts";
import { subjects } from "../../shared/db/tables/subjects.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { newId } from "../../shared/kit/ids.ts";
import { takeCheckout } from "../../workers/runtime/checkout/limits.ts";
import { removeOldAttempts } from "../../workers/runtime/db/old-attempts.ts";
import { claimRequest } from "../../workers/runtime/recovery/claim-request.ts";
import type { Caller } from "../../workers/runtime/request-context.ts";
import { sweepStorage } from "../../workers/runtime/sweeps/storage.ts";
import {
  type ConnectedProject,
  insertCheckoutAttempt,
  newConnectedProject,
  now,
  readSubject,
  receiveStripeEvent,
} from "./connected-project.ts";
import { databases } from "./databases.ts";
import { buildConsume, buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

const database = drizzle(env.DB);
const t0 = Date.UTC(2026, 4, 1);
const hour = 3_600_000;

afterEach(() => vi.restoreAllMocks());

const newCaller = (mode: Mode = "test", projectId = newId("prj")): Caller => ({
  projectId,
  mode,
  region: "weur",
  keyId: newId("key"),
  plan: "active",
  rateLimit: 10_000,
  away: null,
});

/** Counts `times` checkouts, each of a new subject. Returns how many were refused. */
async function takeMany(caller: Caller, times: number, at: number): Promise<number> {
  const results = await Promise.allSettled(
    Array.from({ length: times }, () => takeCheckout(env, caller, newId("req"), newId("req"), at)),
  );
  return results.filter(({ status }) => status === "rejected").length;
}

describe("limits of checkouts", () => {
  it("a subject can open 60 checkouts in an hour, and others are not affected", async () => {
    const caller = newCaller();
    const take = (subjectRef: string, at: number) => takeCheckout(env, caller, subjectRef, newId("req"), at);
    for (let index = 0; index < 60; index++) await take("user_1", t0);
    await expect(take("user_1", t0 + 1)).rejects.toMatchObject({
      code: "rate_limited",
      extra: { headers: { "Retry-After": "3600", "RateLimit-Policy": '"checkouts-subject";q=60;w=3600' } },
    });
    await take("user_2", t0 + 1);
    await take("user_1", t0 + hour);
  });

  it("a leaked key does not use up the budget of its project: other keys still open checkouts", async () => {
    const caller = newCaller();
    const other = { ...caller, keyId: newId("key") };
    expect(await takeMany(caller, 300, t0)).toBe(100);
    expect(await takeMany(other, 50, t0)).toBe(0);
    await expect(takeCheckout(env, other, "user_1", "k", t0 + 1)).rejects.toThrow(
      "This project created 250 checkouts in test mode, the most in an hour.",
    );
    expect(await takeMany(newCaller("live", caller.projectId), 300, t0)).toBe(0);
  });

  it("a project opens checkouts again within an hour after a leaked key used up its budget", async () => {
    const caller = newCaller();
    const other = { ...caller, keyId: newId("key") };
    await takeMany(caller, 200, t0);
    await takeMany(other, 50, t0 + 1_000);
    expect(await takeMany(other, 1, t0 + hour - 1)).toBe(1);
    expect(await takeMany(other, 200, t0 + hour + 1_000)).toBe(0);
  });

  it("100 simultaneous retries of one checkout count once against the customer's budget", async () => {
    const caller = newCaller();
    const take = (key: string, at: number) => takeCheckout(env, caller, "user_1", key, at);
    await Promise.all(Array.from({ length: 100 }, () => take("same", t0)));
    for (let index = 1; index < 60; index++) await take(`other_${index}`, t0 + 1);
    // The budget is used up: what was counted passes, and nothing else.
    await take("same", t0 + 2);
    await expect(take("one_more", t0 + 2)).rejects.toMatchObject({ code: "rate_limited" });
    // The same idempotency key of another customer is another checkout.
    await takeCheckout(env, caller, "user_2", "same", t0 + 2);
  });

  it("a leaked test key can't fill the database by recovery and portal requests for customers who do not exist", async () => {
    const { projectId } = await newConnectedProject();
    const caller = newCaller("test", projectId);
    const claim = (index: number, keyId = caller.keyId) => {
      const keyed = {
        endpoint: index % 2 === 0 ? ("access/recovery" as const) : ("customer/portal-session" as const),
        key: `key_${index}`,
        body: { subject_ref: `unknown_${index}` },
        requestId: newId("req"),
        reason: null,
      };
      return claimRequest(env, { ...caller, keyId }, keyed, [], t0);
    };
    const countRows = () =>
      env.DB.prepare("SELECT count(*) AS count FROM recovery_requests WHERE project_id = ?1")
        .bind(projectId)
        .first("count");
    for (let at = 0; at < 800; at += 100)
      await Promise.all(Array.from({ length: 100 }, (_, index) => claim(at + index)));
    await expect(claim(800)).rejects.toMatchObject({
      code: "rate_limited",
      message: expect.stringContaining("This key sent 800 recovery and portal requests in test mode"),
      extra: { headers: { "RateLimit-Policy": '"recoveries-key";q=800;w=3600' } },
    });
    expect(await countRows()).toBe(800);
    // A request that was counted is still answered, and another key has its own budget.
    expect(await claim(1)).toMatchObject({ replayed: true });
    expect(await claim(801, newId("key"))).toMatchObject({ replayed: false });
    expect(await takeMany(caller, 1, t0)).toBe(0);
  });

  it("counting a checkout does not read every window of the project", async () => {
    const keyring = env.KEYRING.get(env.KEYRING.idFromName(newId("prj")));
    const take = (id: string) => keyring.take({ id, lengthMs: hour, windows: [{ id: "w", max: 1_000 }] }, t0);
    await take("first");
    const rowsRead = await runInDurableObject(keyring, async (object, { storage }) => {
      for (let index = 0; index < 2_000; index++)
        storage.sql.exec("INSERT INTO windows VALUES (?, ?, 1)", `open_${index}`, t0 + hour);
      const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
      const { exec } = storage.sql;
      storage.sql.exec = (...args: Parameters<typeof exec>) => {
        const cursor = exec.apply(storage.sql, args);
        cursors.push(cursor);
        return cursor as never;
      };
      await object.take({ id: "second", lengthMs: hour, windows: [{ id: "w", max: 1_000 }] }, t0);
      return cursors.map((cursor) => cursor.rowsRead).reduce((sum, rows) => sum + rows, 0);
    });
    expect(rowsRead).toBeGreaterThan(0);
    expect(rowsRead).toBeLessThan(50);
  });
});

interface AttemptOptions {
  status?: "created" | "processing" | "finalized" | "failed";
  expiresAt?: number;
  leaseUntil?: number;
  stripeSessionId?: null;
}

/** Inserts an attempt that was created 40 days ago, with its subject and session, and returns its ids. */
async function insertOldAttempt(project: ConnectedProject, options: AttemptOptions = {}) {
  const createdAt = (await now()) - 40 * dayMs;
  const subjectRef = newId("req");
  const [attemptId, sessionId] = [newId("att", createdAt), newId("req")];
  const scope = { projectId: project.projectId, mode: "test" as const, subjectRef };
  await database.insert(checkoutAttempts).values({
    ...project,
    ...scope,
    attemptId,
    productCode: "CREDITS",
    idempotencyKeyHash: attemptId,
    requestHash: "",
    frozen: "{}",
    status: "created",
    stripeSessionId: sessionId,
    expiresAt: createdAt + dayMs,
    createdAt,
    updatedAt: createdAt,
    ...options,
  });
  await database
    .insert(stripeObjects)
    .values({ connectionId: project.connectionId, stripeId: sessionId, subjectRef, attemptId, createdAt });
  await database
    .insert(subjects)
    .values({ ...scope, region: "weur", headSequence: 0, headHash: "", createdAt });
  return { attemptId, sessionId, subjectRef };
}

async function sweep(): Promise<void> {
  const at = await now();
  await removeOldAttempts(databases, { before: at - 30 * dayMs, now: at, limit: 500 });
}

async function whatIsLeft({ attemptId, sessionId, subjectRef }: Record<string, string>) {
  const count = async (rows: Promise<unknown[]>) => (await rows).length;
  return {
    attempts: await count(
      database
        .select()
        .from(checkoutAttempts)
        .where(eq(checkoutAttempts.attemptId, attemptId ?? "")),
    ),
    objects: await count(
      database
        .select()
        .from(stripeObjects)
        .where(eq(stripeObjects.stripeId, sessionId ?? "")),
    ),
    subjects: await count(
      database
        .select()
        .from(subjects)
        .where(eq(subjects.subjectRef, subjectRef ?? "")),
    ),
  };
}

async function newSweptProject(sweptTo?: number): Promise<ConnectedProject> {
  const project = await newConnectedProject();
  await database
    .update(stripeConnections)
    .set({ sweptTo: sweptTo ?? (await now()) })
    .where(eq(stripeConnections.connectionId, project.connectionId));
  return project;
}

const all = { attempts: 1, objects: 1, subjects: 1 };
const nothing = { attempts: 0, objects: 0, subjects: 0 };

describe("removal of unfinished checkouts", () => {
  it("an unpaid checkout goes 30 days after it expired, with a customer of whom nothing else is known", async () => {
    const project = await newSweptProject();
    const old = await insertOldAttempt(project);
    const failed = await insertOldAttempt(project, { status: "failed" });
    const at = await now();
    const younger = await insertOldAttempt(project, { expiresAt: at - 30 * dayMs + 60_000 });
    await sweep();
    expect(await whatIsLeft(old)).toEqual(nothing);
    expect(await whatIsLeft(failed)).toEqual(nothing);
    expect(await whatIsLeft(younger)).toEqual(all);
  });

  it("a checkout that was paid, is being paid or is being retried stays", async () => {
    const project = await newSweptProject();
    for (const options of [
      { status: "finalized" as const },
      { status: "processing" as const },
      { leaseUntil: (await now()) + 30_000 },
    ]) {
      const attempt = await insertOldAttempt(project, options);
      await sweep();
      expect(await whatIsLeft(attempt)).toEqual(all);
    }
  });

  it("a checkout stays while events of its time can be missing in the inbox", async () => {
    const at = await now();
    const project = await newSweptProject(at - 39 * dayMs);
    const attempt = await insertOldAttempt(project);
    await sweep();
    expect(await whatIsLeft(attempt)).toEqual(all);
    await database
      .update(stripeConnections)
      .set({ sweptTo: at })
      .where(eq(stripeConnections.connectionId, project.connectionId));
    await sweep();
    expect(await whatIsLeft(attempt)).toEqual(nothing);
  });

  it("unpaid checkouts are removed while the sweep of Stripe's events fails, or its connection is gone", async () => {
    const stuckAt = (await now()) - 39 * dayMs;
    const stuck = await newSweptProject(stuckAt);
    const ended = await insertOldAttempt(stuck, { status: "failed" });
    const neverOpened = await insertOldAttempt(stuck, { stripeSessionId: null });
    const maybePaid = await insertOldAttempt(stuck);
    const gone = await newSweptProject(stuckAt);
    const unreachable = await insertOldAttempt(gone);
    await database.delete(stripeConnections).where(eq(stripeConnections.connectionId, gone.connectionId));
    await sweep();
    for (const removed of [ended, unreachable]) expect(await whatIsLeft(removed)).toEqual(nothing);
    expect((await whatIsLeft(neverOpened)).attempts).toBe(0);
    expect(await whatIsLeft(maybePaid)).toEqual(all);
  });

  it("a payment that becomes known a month late grants what was bought, though the sweep failed until then", async () => {
    const project = await newSweptProject((await now()) - 39 * dayMs);
    const metadata = await insertCheckoutAttempt(project, "user_late");
    const attemptId = metadata["licenzy_attempt_id"];
    const createdAt = (await now()) - 40 * dayMs;
    await database
      .update(checkoutAttempts)
      .set({
        attemptId: newId("att", createdAt),
        createdAt,
        updatedAt: createdAt,
        expiresAt: createdAt + dayMs,
      })
      .where(eq(checkoutAttempts.attemptId, attemptId ?? ""));
    const [attempt] = await database
      .select()
      .from(checkoutAttempts)
      .where(eq(checkoutAttempts.connectionId, project.connectionId));
    const session = { id: "cs_late", payment_status: "paid", payment_intent: "pi_late", amount_total: 1 };
    await database
      .update(checkoutAttempts)
      .set({ stripeSessionId: session.id })
      .where(eq(checkoutAttempts.attemptId, attempt?.attemptId ?? ""));
    await sweep();
    const late = { ...session, metadata: { ...metadata, licenzy_attempt_id: attempt?.attemptId } };
    const row = await receiveStripeEvent(project, "checkout.session.completed", late);
    expect(row).toMatchObject({ status: "applied" });
    expect((await readSubject(project, "user_late")).usageRemaining).toBe(10);
  });

  it("a customer with a ledger stays, and one without its row is registered again by its next flush", async () => {
    const project = await newSweptProject();
    const known = await insertOldAttempt(project);
    await database
      .update(subjects)
      .set({ headSequence: 1, flushedAt: t0 })
      .where(eq(subjects.subjectRef, known.subjectRef));
    await sweep();
    expect(await whatIsLeft(known)).toEqual({ ...nothing, subjects: 1 });

    const { identity, stub } = newSubject();
    const row = async () =>
      (await database.select().from(subjects).where(eq(subjects.projectId, identity.projectId)))[0];
    await stub.applyStripe(identity, buildPurchase("bought", buildPack(5), t0));
    await database.delete(subjects).where(eq(subjects.projectId, identity.projectId));
    await stub.consume(identity, buildConsume(1, "k"));
    await stub.wake();
    expect(await row()).toMatchObject({ headSequence: 2, subjectRef: "user_1" });
    expect((await row())?.storageBytes).toBeGreaterThan(4_096);
  });
});

describe("the size of D1 and of objects", () => {
  it("a sweep records the size of D1 once an hour and raises an alarm about what is nearly full", async () => {
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
    const projectId = newId("prj");
    const row = { projectId, mode: "test" as const, region: "weur" as const, headSequence: 1, headHash: "" };
    await database.insert(subjects).values([
      { ...row, subjectRef: "large", subjectTag: "aa", storageBytes: 8_100_000_000, createdAt: t0 },
      { ...row, subjectRef: "watched", subjectTag: "bb", storageBytes: 2_000_000_000, createdAt: t0 },
      { ...row, subjectRef: "small", subjectTag: "cc", storageBytes: 20_000, createdAt: t0 },
    ]);
    expect(await sweepStorage(env, { endBy: 0 }, 0)).toEqual({ filling: 1 });
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { event: "storage.filling", what: "subject", subject_tag: "aa", bytes: 8_100_000_000 },
    ]);
    const size = await env.DB.prepare("SELECT bytes FROM storage_sizes WHERE name = 'd1'").first("bytes");
    expect(size).toBeGreaterThan(10_000);
    expect(await sweepStorage(env, { endBy: 0 }, 0)).toEqual({ filling: 0 });
    await env.DEV.advance(hour + 1_000);
    expect(await sweepStorage(env, { endBy: 0 }, 0)).toEqual({ filling: 1 });
  });
});
