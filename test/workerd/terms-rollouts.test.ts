import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Databases } from "../../shared/db/databases.ts";
import { hashSubjectName } from "../../shared/db/erasures.ts";
import type { SubjectFact } from "../../shared/domain/decide-stripe.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { type SubjectIdentity, subjectName } from "../../shared/domain/subject-name.ts";
import { newId } from "../../shared/kit/ids.ts";
import { insertTerms } from "../../workers/runtime/db/product-terms.ts";
import { advanceRollout, claimRollouts, type TermsRollout } from "../../workers/runtime/db/terms-rollouts.ts";
import { sweepTermsRollouts } from "../../workers/runtime/sweeps/terms-rollouts.ts";
import { newConnectedProject, now } from "./connected-project.ts";
import { databases } from "./databases.ts";
import { actor } from "./members.ts";
import { env } from "./subjects.ts";
import { yearly } from "./yearly-subscription.ts";

const budget = () => ({ endBy: Date.now() + 30_000 });
const monthly = { every: "month" as const, rolloverWindows: 0, rolloverMax: null, inTrial: null };

let projectId: string;
beforeEach(async () => {
  // The sweep begins the rollout of any terms that have none.
  await env.DB.batch(
    ["terms_rollouts", "product_terms"].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  ({ projectId } = await newConnectedProject());
});

const identityOf = (subjectRef: string): SubjectIdentity => ({
  projectId,
  mode: "test",
  region: "weur",
  subjectRef,
});
const stubOf = (identity: SubjectIdentity) => env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity)));

/** Facts of a year that was paid, without the terms: what a customer has who subscribed before the product had any. */
async function subscribe(subjectRef: string, paidDaysAgo = 10, facts?: SubjectFact[]) {
  const identity = identityOf(subjectRef);
  const stub = stubOf(identity);
  const all = facts ?? yearly((await now()) - paidDaysAgo * dayMs).filter(({ type }) => type !== "terms");
  const cause = { type: "request" as const, id: "req_1" };
  await stub.applyStripe(identity, { facts: all, graceDays: 0, cause });
  await stub.wake();
  return stub;
}

async function saveTerms(
  version: number,
  units: number,
  from: number,
  of: Databases = databases,
): Promise<boolean> {
  const createdAt = await now();
  const terms = {
    projectId,
    mode: "test" as const,
    productCode: "PRO",
    version,
    fromAt: from,
    units,
    createdAt,
  };
  return insertTerms(of, actor, { ...terms, ...monthly });
}

async function readRollout(): Promise<TermsRollout> {
  const rows = await env.DB.prepare(
    `SELECT product_code AS productCode, version, status, round, cursor, total, done, unreached, project_id AS projectId, mode
     FROM terms_rollouts WHERE project_id = ?1`,
  )
    .bind(projectId)
    .all<TermsRollout>();
  expect(rows.results).toHaveLength(1);
  return rows.results[0] as TermsRollout;
}

const unitsOf = async (subjectRef: string) => (await stubOf(identityOf(subjectRef)).read()).usageRemaining;
const entriesOf = async (subjectRef: string) => (await stubOf(identityOf(subjectRef)).check()).sequence;

describe("changed terms reach the subscribers that a product has", () => {
  it("all of them, each once, over several pages, without an event of Stripe", async () => {
    const refs = Array.from({ length: 45 }, (_, index) => `user_${String(index).padStart(2, "0")}`);
    await Promise.all(refs.map((ref) => subscribe(ref)));
    expect(await unitsOf("user_07")).toBe(0);
    // Windows that begin from now on: the one under way keeps nothing, the next one comes by the clock.
    expect(await saveTerms(1, 1_000, await now())).toBe(true);
    expect(await readRollout()).toMatchObject({ status: "running", total: 45, done: 0, round: 1 });
    expect(await sweepTermsRollouts(env, budget(), 0)).toEqual({ visited: 45 });
    expect(await readRollout()).toMatchObject({ round: 2, done: 0, total: 45, cursor: "" });
    expect(await unitsOf("user_07")).toBe(0);
    const entries = await Promise.all(refs.map(entriesOf));
    // The second round is due later, and changes nothing.
    expect(await sweepTermsRollouts(env, budget(), 0)).toEqual({ visited: 0 });
    await env.DEV.advance(16 * 60_000);
    expect(await sweepTermsRollouts(env, budget(), 0)).toEqual({ visited: 45 });
    expect(await readRollout()).toMatchObject({ status: "finished", done: 45, unreached: 0, cursor: "" });
    expect(await Promise.all(refs.map(entriesOf))).toEqual(entries);
    await env.DEV.advance(31 * dayMs);
    for (const ref of ["user_00", "user_19", "user_20", "user_44"]) expect(await unitsOf(ref)).toBe(1_000);
    const verified = await stubOf(identityOf("user_20")).verify();
    expect(verified).toMatchObject({ ok: true, findings: [] });
  });

  it("begins with the terms, and not for a version that was refused", async () => {
    await subscribe("user_1");
    expect(await saveTerms(1, 500, 0)).toBe(true);
    expect(await saveTerms(1, 900, 0)).toBe(false);
    expect(await readRollout()).toMatchObject({ version: 1 });
    await sweepTermsRollouts(env, budget(), 0);
    expect(await unitsOf("user_1")).toBe(500);
    // A newer version begins the row again, also in the middle of a round.
    expect(await saveTerms(2, 700, 0)).toBe(true);
    expect(await readRollout()).toMatchObject({ version: 2, round: 1, done: 0, status: "running" });
    await sweepTermsRollouts(env, budget(), 0);
    expect(await unitsOf("user_1")).toBe(700);
  });

  it("a crash between the terms and their rollout leaves the beginning to the sweep", async () => {
    await subscribe("user_1");
    const dies = {
      prepare: () => {
        throw new Error("killed");
      },
    } as unknown as D1Database;
    await expect(saveTerms(1, 500, 0, { control: env.DB, data: dies })).rejects.toThrow("killed");
    expect(await unitsOf("user_1")).toBe(0);
    await sweepTermsRollouts(env, budget(), 0);
    expect(await unitsOf("user_1")).toBe(500);
    expect(await readRollout()).toMatchObject({ version: 1, round: 2 });
  });

  it("a customer who subscribed while the terms were saved gets them in the second round", async () => {
    await saveTerms(1, 500, 0);
    await sweepTermsRollouts(env, budget(), 0);
    // The event read the terms before they were saved.
    await subscribe("user_late");
    expect(await unitsOf("user_late")).toBe(0);
    await env.DEV.advance(16 * 60_000);
    await sweepTermsRollouts(env, budget(), 0);
    expect(await unitsOf("user_late")).toBe(500);
    expect(await readRollout()).toMatchObject({ status: "finished", done: 1, total: 1 });
  });

  it("leaves out customers of other products and canceled ones", async () => {
    await subscribe("user_1");
    const ended = await subscribe("user_ended");
    const [created] = yearly((await now()) - 10 * dayMs).filter(({ type }) => type === "subscription");
    if (created?.type !== "subscription") throw new Error("no subscription");
    const [observation] = created.observations;
    if (observation === undefined) throw new Error("no observation");
    const at = await now();
    const gone = {
      ...observation,
      sourceId: "evt_2",
      at,
      said: "deleted" as const,
      status: "canceled" as const,
      endedAt: at,
    };
    await ended.applyStripe(identityOf("user_ended"), {
      facts: [{ ...created, observations: [gone] }],
      graceDays: 0,
      cause: { type: "request", id: "req_2" },
    });
    await ended.wake();
    await saveTerms(1, 500, 0);
    expect(await sweepTermsRollouts(env, budget(), 0)).toEqual({ visited: 1 });
  });
});

describe("a rollout that breaks off", () => {
  it("is claimed by one worker, and continues from the saved page after the lease", async () => {
    for (let index = 0; index < 25; index++) await subscribe(`user_${String(index).padStart(2, "0")}`);
    await saveTerms(1, 500, 0);
    const at = await now();
    const [claimed] = await claimRollouts(env.DB, { now: at, leaseUntil: at + 60_000 }, 5);
    if (claimed === undefined) throw new Error("nothing was claimed");
    // The worker died. Until its lease ends no other worker has it.
    expect(await sweepTermsRollouts(env, budget(), 0)).toEqual({ visited: 0 });
    await env.DEV.advance(61_000);
    expect(await sweepTermsRollouts(env, budget(), 0)).toEqual({ visited: 25 });
    // The dead worker wakes up and saves its first page: it counts no more.
    const page = {
      last: "user_19",
      done: 20,
      unreached: 0,
      continuation: { type: "page" as const, leaseUntil: at },
    };
    expect(await advanceRollout(env.DB, claimed, page, at)).toBe(false);
    expect(await readRollout()).toMatchObject({ round: 2, done: 0, cursor: "" });
    expect(await unitsOf("user_24")).toBe(500);
  });

  it("a customer without an answer delays no other, and is visited again in a later round", async () => {
    for (const ref of ["a", "b", "c"]) await subscribe(ref);
    await saveTerms(1, 500, 0);
    const get = env.SUBJECT.get.bind(env.SUBJECT);
    const broken = env.SUBJECT.idFromName(subjectName(identityOf("b"))).toString();
    const spy = vi.spyOn(env.SUBJECT, "get").mockImplementation((id, options) => {
      if (id.toString() === broken) throw new Error("the object is broken");
      return get(id, options);
    });
    expect(await sweepTermsRollouts(env, budget(), 0)).toEqual({ visited: 3 });
    expect(await readRollout()).toMatchObject({ round: 2, unreached: 1 });
    spy.mockRestore();
    expect([await unitsOf("a"), await unitsOf("b"), await unitsOf("c")]).toEqual([500, 0, 500]);
    await env.DEV.advance(16 * 60_000);
    await sweepTermsRollouts(env, budget(), 0);
    expect(await unitsOf("b")).toBe(500);
    expect(await readRollout()).toMatchObject({ status: "finished", unreached: 0 });
  });

  it("writes nothing to a customer during an erasure", async () => {
    await subscribe("user_1");
    await saveTerms(1, 500, 0);
    const before = await entriesOf("user_1");
    await env.DB.prepare(
      `INSERT INTO erasures (erasure_id, project_id, mode, subject_hash, subject_ref, state, asked_at, operator_id, operator_name)
       VALUES (?1, ?2, 'test', ?3, 'user_1', 'running', ?4, 'op_1', 'Ada')`,
    )
      .bind(newId("ers"), projectId, hashSubjectName(identityOf("user_1")), await now())
      .run();
    expect(await sweepTermsRollouts(env, budget(), 0)).toEqual({ visited: 1 });
    expect(await entriesOf("user_1")).toBe(before);
  });
});
