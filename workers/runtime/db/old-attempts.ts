import type { Databases } from "../../../shared/db/databases.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { connectionIdOf, idFloor } from "../../../shared/kit/ids.ts";
import { claimNextPage } from "./sweep-positions.ts";

/**
 * Removes checkouts that were never paid, long after their sessions expired.
 *
 * An attempt holds what its payment grants, so none may go while a payment could still become known.
 * Removable are:
 * - attempts that Stripe ended (`failed`): it refused them, their session expired, or their payment failed;
 * - attempts without a stored session: a URL is returned only after its session is stored, so no customer can have paid;
 * - attempts of a project without a connection: Licenzy hears of no payment;
 * - others once every event that Stripe created until a day after the session's end is in the inbox (`swept_to`).
 *
 * So a sweep of Stripe's events that fails, which the overview names, keeps only sessions that Stripe said
 * nothing of: those of the last day before it failed, because every other session has ended by an event.
 * Finalized attempts and those with a payment in progress stay.
 *
 * A run looks at the next `limit` old attempts, whether they may go or not, so that those that must stay
 * cost no more with each run. It remembers its position; after the last attempt it begins again.
 *
 * Safe to repeat and to overlap with itself and with a retry of the request: each statement checks again. A
 * crash leaves the rest for the next round.
 */

/** Without a session: as long as one that we did not hear of can have lived. */
const expiry = `coalesce(expires_at, updated_at + ${dayMs})`;

/** `connections` is a parameter: a JSON array of the connections, each with the time up to which it was swept. */
const mayBePaid = (connections: string) => `status = 'created' AND stripe_session_id IS NOT NULL
  AND EXISTS (SELECT 1 FROM json_each(${connections}) AS connection
    WHERE connection.value ->> 'connectionId' = checkout_attempts.connection_id
    AND connection.value ->> 'sweptTo' < ${expiry} + ${dayMs})`;

/** With the parameters `before`, `now` and `connections`. */
const isRemovable = (
  before: string,
  now: string,
  connections: string,
) => `(status IN ('created', 'failed') AND ${expiry} < ${before}
  AND (lease_until IS NULL OR lease_until < ${now}) AND NOT (${mayBePaid(connections)}))`;

const selectSweptTo = `
  SELECT connection_id AS connectionId, coalesce(swept_to, created_at) AS sweptTo FROM stripe_connections
  WHERE connection_id IN (SELECT value FROM json_each(?1))`;

const selectOldAttempts = `
  SELECT attempt_id AS attemptId, connection_id AS connectionId, stripe_session_id AS sessionId,
    project_id AS projectId, mode, subject_ref AS subjectRef
  FROM checkout_attempts
  WHERE attempt_id > ?1 AND attempt_id < ?2 AND status IN ('created', 'failed') ORDER BY attempt_id LIMIT ?3`;

/** Of the attempts in the JSON array ?1. */
const selectRemovable = `
  SELECT attempt_id AS attemptId FROM checkout_attempts
  WHERE attempt_id IN (SELECT value ->> 'attemptId' FROM json_each(?1)) AND ${isRemovable("?2", "?3", "?4")}`;

/** For a table with the columns of a subject's name. */
const isOfSubject = (table: string) => `${table}.project_id = subjects.project_id
  AND ${table}.mode = subjects.mode AND ${table}.subject_ref = subjects.subject_ref`;

interface OldAttempt {
  attemptId: string;
  connectionId: string;
  sessionId: string | null;
  projectId: string;
  mode: string;
  subjectRef: string;
}

/**
 * Removes those of the next `limit` attempts that expired before `before`, and customers of whom nothing
 * else is known. Returns how many attempts it looked at, and how many of each it removed.
 */
export async function removeOldAttempts(
  { control, data: db }: Databases,
  { before, now, limit }: { before: number; now: number; limit: number },
): Promise<{ looked: number; attempts: number; subjects: number }> {
  // Ids begin with the time of creation, so the index ends where newer attempts begin.
  const end = idFloor("att", before);
  const select = async (after: string) =>
    (await db.prepare(selectOldAttempts).bind(after, end, limit).all<OldAttempt>()).results;
  const page = await claimNextPage(
    db,
    "oldAttempts",
    { now, roundMs: 0, limit },
    select,
    ({ attemptId }) => attemptId,
  );
  const looked = page.length;
  if (looked === 0) return { looked, attempts: 0, subjects: 0 };
  const connections = await readSweptTo(control, page);
  const { results: found } = await db
    .prepare(selectRemovable)
    .bind(JSON.stringify(page), before, now, connections)
    .all<{ attemptId: string }>();
  const removableIds = new Set(found.map(({ attemptId }) => attemptId));
  const removable = page.filter(({ attemptId }) => removableIds.has(attemptId));
  if (removable.length === 0) return { looked, attempts: 0, subjects: 0 };
  // A subject's Stripe objects are found by the connection of its project and mode.
  const rows = JSON.stringify(removable.map((each) => ({ ...each, ownConnectionId: connectionIdOf(each) })));
  const [attempts, , subjects] = await db.batch([
    db
      .prepare(
        `DELETE FROM checkout_attempts
         WHERE attempt_id IN (SELECT value ->> 'attemptId' FROM json_each(?1)) AND ${isRemovable("?2", "?3", "?4")}`,
      )
      .bind(rows, before, now, connections),
    db
      .prepare(
        `DELETE FROM stripe_objects
         WHERE (connection_id, stripe_id) IN
           (SELECT value ->> 'connectionId', value ->> 'sessionId' FROM json_each(?1))
         AND NOT EXISTS (SELECT 1 FROM checkout_attempts
           WHERE checkout_attempts.attempt_id = stripe_objects.attempt_id)`,
      )
      .bind(rows),
    // A flush registers its subject again, so one that begins to change at this moment is not lost from the lists.
    db
      .prepare(
        `DELETE FROM subjects
         WHERE (project_id, mode, subject_ref) IN
           (SELECT value ->> 'projectId', value ->> 'mode', value ->> 'subjectRef' FROM json_each(?1))
         AND head_sequence = 0 AND flushed_at IS NULL AND stripe_customer_id IS NULL AND created_at < ?2
         AND NOT EXISTS (SELECT 1 FROM checkout_attempts WHERE ${isOfSubject("checkout_attempts")})
         AND NOT EXISTS (SELECT 1 FROM notes WHERE ${isOfSubject("notes")})
         AND NOT EXISTS (SELECT 1 FROM json_each(?1) AS removed JOIN stripe_objects
             ON stripe_objects.connection_id = removed.value ->> 'ownConnectionId'
               AND stripe_objects.subject_ref = subjects.subject_ref
           WHERE removed.value ->> 'projectId' = subjects.project_id AND removed.value ->> 'mode' = subjects.mode
             AND removed.value ->> 'subjectRef' = subjects.subject_ref)`,
      )
      .bind(rows, before),
  ]);
  return { looked, attempts: attempts?.meta.changes ?? 0, subjects: subjects?.meta.changes ?? 0 };
}

/** Returns the connections of the attempts as JSON. Nothing sweeps a connection that is not there. */
async function readSweptTo(control: D1Database, attempts: OldAttempt[]): Promise<string> {
  const ids = [...new Set(attempts.map(({ connectionId }) => connectionId))];
  const { results } = await control
    .prepare(selectSweptTo)
    .bind(JSON.stringify(ids))
    .all<{ connectionId: string; sweptTo: number }>();
  return JSON.stringify(results);
}
