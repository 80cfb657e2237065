import { sql } from "drizzle-orm";
import type { Scope } from "../../../shared/contract/scope.ts";
import { hashSubjectName } from "../../../shared/db/erasures.ts";
import { termsRollouts } from "../../../shared/db/tables/terms-rollouts.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { JobLease } from "./job-lease.ts";

/** The work of rollouts: workers claim them, list the next subscribers, and save what was visited. */

export type TermsRollout = typeof termsRollouts.$inferSelect;

const isSubscriber = `product_code = ?3 AND kind = 'subscription' AND source = 'stripe'
  AND status IN ('active', 'past_due', 'paused')`;
const countSubscribers = `(SELECT count(DISTINCT subject_ref) FROM entitlements INDEXED BY entitlements_by_product
  WHERE project_id = ?1 AND mode = ?2 AND ${isSubscriber})`;

/** The row with this code rolls out the settings of signals, to all customers. No product has it. */
export const signalsCode = "";

const countCustomers = "(SELECT count(*) FROM subjects WHERE project_id = ?1 AND mode = ?2)";
const countVisited = `CASE ?3 WHEN '${signalsCode}' THEN ${countCustomers} ELSE ${countSubscribers} END`;

/**
 * Begins the rollout of a product's version, or of settings of signals that were changed at `version`. Repeating it changes
 * nothing. The first customers are visited at `dueAt`, in milliseconds.
 */
export async function beginRollout(
  db: D1Database,
  { projectId, mode }: Scope,
  {
    productCode,
    version,
    now,
    dueAt = now,
  }: { productCode: string; version: number; now: number; dueAt?: number },
): Promise<void> {
  await db
    .prepare(
      `INSERT INTO terms_rollouts (project_id, mode, product_code, version, status, total, lease_until, created_at, updated_at)
       SELECT ?1, ?2, ?3, ?4, 'running', ${countVisited}, ?6, ?5, ?5 WHERE true
       ON CONFLICT DO UPDATE SET version = excluded.version, status = 'running', round = 1, cursor = '',
         total = excluded.total, done = 0, unreached = 0, lease_until = excluded.lease_until,
         created_at = excluded.created_at, updated_at = excluded.updated_at
       WHERE excluded.version > terms_rollouts.version`,
    )
    .bind(projectId, mode, productCode, version, now, dueAt)
    .run();
}

/** The newest version of a product's terms. */
export interface NewestVersion extends Scope {
  productCode: string;
  version: number;
  createdAt: number;
}

/** Of `versions`, returns those that no rollout has reached. All are of projects in the database `db`. */
export async function listMissingRollouts<Version extends NewestVersion>(
  db: D1Database,
  versions: Version[],
): Promise<Version[]> {
  if (versions.length === 0) return [];
  const { results } = await db
    .prepare(
      `SELECT key AS position FROM json_each(?1) AS newest WHERE NOT EXISTS (SELECT 1 FROM terms_rollouts
         WHERE project_id = newest.value ->> 'projectId' AND mode = newest.value ->> 'mode'
           AND product_code = newest.value ->> 'productCode' AND version >= newest.value ->> 'version')`,
    )
    .bind(JSON.stringify(versions))
    .all<{ position: number }>();
  return results.flatMap(({ position }) => versions[position] ?? []);
}

const lease = new JobLease(termsRollouts, {
  key: [termsRollouts.projectId, termsRollouts.mode, termsRollouts.productCode],
  until: "leaseUntil",
  isAtWork: sql`status = 'running'`,
});

/** Claims rollouts that are due. Saving a page extends or ends the lease (`advanceRollout`). */
export const claimRollouts = (
  db: D1Database,
  times: { now: number; leaseUntil: number },
  limit: number,
): Promise<TermsRollout[]> => lease.claim(db, times, limit);

/** A customer to visit. */
export interface Subscriber {
  identity: SubjectIdentity;
  /** When the customer's latest finished erasure was requested, or `null`. */
  erasureFence: number | null;
  /** Whether an erasure is running: nothing may be written. */
  isErased: boolean;
}

const listSubscribers = `
  SELECT entitlements.subject_ref AS subjectRef, subjects.region AS region
  FROM entitlements INDEXED BY entitlements_by_product
  JOIN subjects ON subjects.project_id = entitlements.project_id AND subjects.mode = entitlements.mode
    AND subjects.subject_ref = entitlements.subject_ref
  WHERE entitlements.project_id = ?1 AND entitlements.mode = ?2 AND ${isSubscriber} AND entitlements.subject_ref > ?4
  GROUP BY entitlements.subject_ref ORDER BY entitlements.subject_ref LIMIT ?5`;

const listCustomers = `
  SELECT subject_ref AS subjectRef, region FROM subjects
  WHERE project_id = ?1 AND mode = ?2 AND subject_ref > ?4 AND ?3 = '${signalsCode}' AND head_sequence > 0
  ORDER BY subject_ref LIMIT ?5`;

/**
 * Lists the next customers with an open subscription to the product, in order of `subject_ref`. Settings of signals are for
 * every customer.
 */
export async function listNextSubscribers(
  db: D1Database,
  { projectId, mode, productCode, cursor }: TermsRollout,
  limit: number,
): Promise<Subscriber[]> {
  const { results } = await db
    .prepare(productCode === signalsCode ? listCustomers : listSubscribers)
    .bind(projectId, mode, productCode, cursor, limit)
    .all<Pick<SubjectIdentity, "subjectRef" | "region">>();
  const hashes = results.map(({ subjectRef }) => hashSubjectName({ projectId, mode, subjectRef }));
  const erasures = await readErasures(db, hashes);
  return results.map(({ subjectRef, region }, index) => {
    const erasure = erasures.get(hashes[index] ?? "");
    return {
      identity: { projectId, mode, subjectRef, region },
      erasureFence: erasure?.askedAt ?? null,
      isErased: erasure?.isRunning === 1,
    };
  });
}

async function readErasures(db: D1Database, hashes: string[]) {
  const { results } = await db
    .prepare(
      `SELECT subject_hash AS hash, max(asked_at) AS askedAt, max(state = 'running') AS isRunning FROM erasures
       WHERE subject_hash IN (SELECT value FROM json_each(?1)) GROUP BY subject_hash`,
    )
    .bind(JSON.stringify(hashes))
    .all<{ hash: string; askedAt: number; isRunning: number }>();
  return new Map(results.map((row) => [row.hash, row]));
}

/** The customers that were visited in one go. */
export interface RolloutPage {
  /** The last of them. */
  last: string;
  done: number;
  unreached: number;
  /** What follows: the next page, a later round from `dueAt` on, or the end. */
  continuation: { type: "page"; leaseUntil: number } | { type: "round"; dueAt: number } | { type: "end" };
}

// `unreached` is that of the former round until a round has visited its first customers.
// An erased customer has no row in `subjects`, and must not be stored as the cursor.
const advance = `
  UPDATE terms_rollouts SET
    cursor = CASE ?8 WHEN 'page' THEN coalesce((SELECT max(subject_ref) FROM subjects
      WHERE project_id = ?1 AND mode = ?2 AND subject_ref <= ?7), '') ELSE '' END,
    total = CASE ?8 WHEN 'page' THEN max(total, done + ?9) WHEN 'round' THEN ${countVisited} ELSE done + ?9 END,
    done = CASE ?8 WHEN 'round' THEN 0 ELSE done + ?9 END,
    unreached = CASE WHEN done = 0 AND NOT (?8 = 'page' AND ?9 = 0) THEN ?10 ELSE unreached + ?10 END,
    round = round + (?8 = 'round'),
    status = CASE ?8 WHEN 'end' THEN 'finished' ELSE status END,
    lease_until = ?11, updated_at = ?12
  WHERE project_id = ?1 AND mode = ?2 AND product_code = ?3
    AND version = ?4 AND round = ?5 AND done = ?6 AND status = 'running'`;

/**
 * Saves a page and moves the rollout forward, in one statement. A page counts once, even if several workers visited it. If
 * newer terms have begun the rollout again, nothing changes. Returns whether it moved.
 */
export async function advanceRollout(
  db: D1Database,
  { projectId, mode, productCode, version, round, done: doneBefore }: TermsRollout,
  { last, done, unreached, continuation }: RolloutPage,
  now: number,
): Promise<boolean> {
  const leaseUntil =
    continuation.type === "page"
      ? continuation.leaseUntil
      : continuation.type === "round"
        ? continuation.dueAt
        : now;
  const { meta } = await db
    .prepare(advance)
    .bind(
      ...[projectId, mode, productCode, version, round, doneBefore],
      ...[last, continuation.type, done, unreached, leaseUntil, now],
    )
    .run();
  return meta.changes > 0;
}
