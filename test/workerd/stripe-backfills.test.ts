import { drizzle } from "drizzle-orm/d1";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { parseBackfillFindings, type StripeBackfillRow } from "../../shared/db/stripe-backfills.ts";
import { stripeConnections } from "../../shared/db/tables/configuration.ts";
import { stripeBackfills } from "../../shared/db/tables/stripe-backfills.ts";
import {
  advanceBackfill,
  setBackfillStatus,
  startBackfill,
} from "../../workers/runtime/db/stripe-backfills.ts";
import { recordObjectOwner } from "../../workers/runtime/db/stripe-objects.ts";
import { sweepMissedEvents } from "../../workers/runtime/stripe-events/sweep-missed-events.ts";
import { sweepBackfills } from "../../workers/runtime/sweeps/backfills.ts";
import {
  type ConnectedProject,
  insertCheckoutAttempt,
  newConnectedProject,
  now,
  readConnection,
  readSubject,
} from "./connected-project.ts";
import { databases } from "./databases.ts";
import { env } from "./subjects.ts";

const minute = 60_000;
const day = 24 * 60 * minute;
const gap = 31 * day;
const list = (data: object[], has_more = false) => ({ object: "list", data, has_more });
const broken = { error: { type: "api_error", message: "Stripe is down" } };

let project: ConnectedProject;
beforeEach(async () => {
  await env.DB.exec("DELETE FROM stripe_backfills; DELETE FROM stripe_connections");
  await env.DEV.setStripeAnswers([]);
  await env.DEV.setStripeDelay(0);
  project = await newConnectedProject();
});

const budget = () => ({ endBy: Date.now() + 30_000 });

/** Runs the sweep of the event list with each connection due, as the cron does. */
async function sweepList(): Promise<void> {
  await drizzle(env.DB)
    .update(stripeConnections)
    .set({ nextSweepAt: await now() });
  await sweepMissedEvents(env, budget());
}

async function readBackfill(): Promise<StripeBackfillRow> {
  const rows = await drizzle(env.DB).select().from(stripeBackfills);
  expect(rows.length).toBe(1);
  const [row] = rows;
  if (row === undefined) throw new Error("there is no backfill");
  return row;
}

const remember = async (subjectRef: string, stripeId: string) =>
  recordObjectOwner(
    env.DB,
    { ...project, mode: "test" },
    { subjectRef, customerId: null },
    [{ stripeId, attemptId: null }],
    await now(),
  );

async function paidSession(subjectRef: string) {
  const metadata = await insertCheckoutAttempt(project, subjectRef);
  const id = `cs_${metadata["licenzy_attempt_id"]}`;
  const times = { created: 1, expires_at: 86_401 };
  return { id, payment_status: "paid", payment_intent: `pi_${id}`, amount_total: 1, metadata, ...times };
}

/** Customers who paid in the gap, and what Stripe answers about them. */
async function newGap(subjectRefs: string[]) {
  const charge = { id: "ch_1", paid: true, created: 1, balance_transaction: { id: "txn_1", created: 2 } };
  const answers = [
    { path: "/v1/charges", status: 200, body: list([]) },
    { path: "/v1/payment_intents/", status: 200, body: { id: "pi_1", latest_charge: charge } },
    { path: "/v1/events", status: 200, body: list([]) as object },
  ];
  for (const subjectRef of subjectRefs) {
    const session = { ...(await paidSession(subjectRef)), status: "complete", customer: null };
    await remember(subjectRef, session.id);
    answers.unshift({ path: `/v1/checkout/sessions/${session.id}`, status: 200, body: session });
  }
  await env.DEV.advance(gap);
  await env.DEV.setStripeAnswers(answers);
  return answers;
}

const unitsOf = async (subjectRef: string) => (await readSubject(project, subjectRef)).usageRemaining;

describe("the backfill after a gap that Stripe's event list does not cover", () => {
  it("reads every customer, and skips and names one of whom Stripe no longer has the objects", async () => {
    await newGap(["z_well"]);
    await remember("a_gone", "sub_gone");
    await sweepList();
    // The cursor moves on at once: the gap is the backfill's.
    expect((await readConnection(project)).sweptTo).toBeGreaterThan((await now()) - minute);
    expect(await readBackfill()).toMatchObject({ status: "running", total: 2, done: 0 });
    await sweepBackfills(env, budget(), 0);
    expect(await unitsOf("z_well")).toBe(10);
    const backfill = await readBackfill();
    expect(backfill).toMatchObject({
      status: "finished",
      total: 2,
      done: 2,
      skipped: 1,
      cursor: "",
      error: null,
    });
    expect(parseBackfillFindings(backfill)).toEqual([
      { subjectRef: "a_gone", message: "Stripe: No such object" },
    ]);
    // Its payment and customer are known from now on, with the sale that they belong to.
    const { results } = await env.DB.prepare(
      `SELECT attempt_id IS NOT NULL AS sold FROM stripe_objects WHERE connection_id = ? AND subject_ref = ?
       AND stripe_id LIKE 'pi_%'`,
    )
      .bind(project.connectionId, "z_well")
      .all();
    expect(results).toEqual([{ sold: 1 }]);
  });

  it("begins once when sweeps overlap, and each customer counts once when two workers run it", async () => {
    const subjectRefs = Array.from({ length: 25 }, (_, index) => `user_${String(index).padStart(2, "0")}`);
    await newGap(subjectRefs);
    await Promise.all([sweepList(), sweepList(), sweepList()]);
    expect(await readBackfill()).toMatchObject({ total: 25 });
    await Promise.all([sweepBackfills(env, budget(), 0), sweepBackfills(env, budget(), 0)]);
    expect(await readBackfill()).toMatchObject({ status: "finished", total: 25, done: 25, skipped: 0 });
    for (const subjectRef of subjectRefs) expect(await unitsOf(subjectRef)).toBe(10);
    // A page that a worker records late, after its lease, is counted no second time.
    const finished = await readBackfill();
    const late = { last: "user_19", done: 20, skipped: [], isOver: false };
    await advanceBackfill(env.DB, { ...finished, done: 0 }, late, await now());
    expect(await readBackfill()).toEqual(finished);
  });

  it("skips no customer when Stripe is down, says why, and continues when Stripe is back", async () => {
    const answers = await newGap(["user_1"]);
    await sweepList();
    await env.DEV.setStripeAnswers([{ path: "/v1/", status: 500, body: broken }]);
    await sweepBackfills(env, budget(), 0);
    expect(await readBackfill()).toMatchObject({
      status: "running",
      done: 0,
      error: "Stripe: Stripe is down",
    });
    await env.DEV.setStripeAnswers(answers);
    await sweepBackfills(env, budget(), 0);
    expect(await readBackfill()).toMatchObject({ done: 0 });
    await env.DEV.advance(minute);
    await sweepBackfills(env, budget(), 0);
    expect(await readBackfill()).toMatchObject({ status: "finished", done: 1, error: null });
    expect(await unitsOf("user_1")).toBe(10);
  });

  it("reads the page again after a crash, once its lease has ended", async () => {
    await newGap(["user_1"]);
    await sweepList();
    // The worker dies when it has merged the page and is about to record it: no later write takes effect.
    const prepare = env.DB.prepare.bind(env.DB);
    let isDead = false;
    vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
      isDead ||= query.includes("cursor = CASE");
      if (isDead) throw new Error("killed");
      return prepare(query);
    });
    await sweepBackfills(env, budget(), 0);
    vi.restoreAllMocks();
    expect(isDead).toBe(true);
    expect(await unitsOf("user_1")).toBe(10);
    // Until the lease ends, no other worker begins.
    await sweepBackfills(env, budget(), 0);
    expect(await readBackfill()).toMatchObject({ status: "running", done: 0 });
    await env.DEV.advance(2 * minute);
    await sweepBackfills(env, budget(), 0);
    expect(await readBackfill()).toMatchObject({ status: "finished", done: 1 });
    expect(await unitsOf("user_1")).toBe(10);
  });

  it("stops, also in the middle of a page, and continues where it was", async () => {
    await newGap(["user_1", "user_2"]);
    await sweepList();
    const scope = { projectId: project.projectId, mode: "test" } as const;
    const { jobId } = await readBackfill();
    const actor = {
      accountId: "acc_1",
      operatorId: "opr_1",
      name: "Sam",
      email: "s@t.example",
      ipAddress: null,
    };
    const set = async (status: "running" | "stopped") => {
      const audit = { actor, at: await now(), action: "stripe_backfill.stop" as const, target: jobId };
      return setBackfillStatus(env.DB, scope, jobId, status, audit);
    };
    const before = await readBackfill();
    expect(await set("stopped")).toMatchObject({ status: "stopped" });
    await advanceBackfill(
      env.DB,
      before,
      { last: "user_1", done: 1, skipped: [], isOver: false },
      await now(),
    );
    await sweepBackfills(env, budget(), 0);
    expect(await readBackfill()).toMatchObject({ status: "stopped", done: 0 });
    expect(await set("running")).toMatchObject({ status: "running" });
    await sweepBackfills(env, budget(), 0);
    expect(await readBackfill()).toMatchObject({ status: "finished", done: 2 });
    expect(await set("running")).toMatchObject({ status: "finished" });
  });

  it("begins again at a second gap, and moves no cursor back", async () => {
    await newGap(["user_1"]);
    await sweepList();
    const first = await readBackfill();
    const { connection } = { connection: await readConnection(project) };
    const at = await now();
    const late = { jobId: "job_late", gapFrom: first.gapFrom, gapTo: first.gapTo, now: at };
    await startBackfill(databases, connection, late);
    expect(await readBackfill()).toEqual(first);
    expect(await readConnection(project)).toEqual(connection);
    await env.DEV.advance(gap);
    await sweepList();
    const second = await readBackfill();
    expect(second).toMatchObject({ jobId: first.jobId, gapFrom: first.gapFrom, done: 0 });
    expect(second.gapTo).toBeGreaterThan(first.gapTo);
  });

  it("begins again after a crash between the backfill and the cursor, and misses no customer", async () => {
    await newGap(["user_1"]);
    const connection = await readConnection(project);
    const at = await now();
    const gapFrom = connection.sweptTo ?? connection.createdAt;
    const dies = {
      prepare: (query: string) => {
        if (query.includes("UPDATE stripe_connections")) throw new Error("killed");
        return env.DB.prepare(query);
      },
    } as unknown as D1Database;
    const lost = { jobId: "job_lost", gapFrom, gapTo: at - 29 * 24 * 60 * minute, now: at };
    await expect(startBackfill({ control: dies, data: env.DB }, connection, lost)).rejects.toThrow("killed");
    expect(await readBackfill()).toMatchObject({ jobId: "job_lost", done: 0 });
    expect(await readConnection(project)).toEqual(connection);
    await sweepList();
    expect(await readBackfill()).toMatchObject({ jobId: "job_lost", done: 0, gapFrom });
    expect((await readConnection(project)).sweptTo).toBeGreaterThan(gapFrom);
    await sweepBackfills(env, budget(), 0);
    expect(await readBackfill()).toMatchObject({ status: "finished", done: 1 });
    expect(await unitsOf("user_1")).toBe(10);
  });
});
