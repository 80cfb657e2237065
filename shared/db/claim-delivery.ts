import type { AttemptError, Mode } from "../contract/words.ts";
import type { DeliveryWakeUp } from "./write-events.ts";

/** A delivery whose next attempt is ours to make, with everything that the attempt needs. */
export interface ClaimedDelivery {
  deliveryId: string;
  endpointId: string;
  eventId: string;
  /** Of this claim. */
  epoch: number;
  /** Of the attempt that is to be made now. */
  number: number;
  attemptsInRun: number;
  url: string;
  signingSecrets: string;
  body: string;
  /** What tells of which change it is; no subject and no sequence for a test event. */
  projectId: string;
  mode: Mode;
  subjectRef: string | null;
  sequence: number | null;
}

export interface Lease {
  /** Nobody else has it: it tells whether the claim was ours. */
  id: string;
  now: number;
  until: number;
}

export const attemptsAtOnce = 4;
/** After this many failures in a row the breaker opens: one attempt at a time, with pauses. */
const failuresToOpen = 5;

const mayStart = `
  SELECT CASE WHEN endpoints.is_enabled = 0 OR endpoints.deleted_at IS NOT NULL
      OR coalesce(endpoints.paused_until, 0) > ?3 THEN 0
    WHEN endpoints.consecutive_failures >= ${failuresToOpen} THEN 1 ELSE ${attemptsAtOnce} END
  FROM endpoints WHERE endpoints.endpoint_id = deliveries.endpoint_id`;

const underWay = `
  SELECT count(*) FROM deliveries AS other
  WHERE other.endpoint_id = deliveries.endpoint_id AND other.lease_until IS NOT NULL AND other.lease_until > ?3`;

/**
 * A delivery is claimable when it is due: during an attempt `next_attempt_at` is the end of the lease, so that one whose
 * worker died is due again then, and no second rule is needed.
 */
const claim = `
  UPDATE deliveries SET epoch = epoch + 1, attempts = attempts + 1, attempts_in_run = attempts_in_run + 1,
    lease_id = ?4, lease_until = ?5, next_attempt_at = ?5, updated_at = ?3
  WHERE delivery_id = ?1 AND epoch = ?2 AND next_attempt_at <= ?3 AND (${underWay}) < (${mayStart})`;

/** A last attempt whose end nobody recorded is not followed by another: a delivery that kills workers must end too. */
const endExhausted = `
  UPDATE deliveries SET state = 'dead', epoch = epoch + 1, next_attempt_at = NULL, lease_until = NULL, lease_id = NULL,
    last_status = NULL, last_error = 'interrupted', updated_at = ?3
  WHERE delivery_id = ?1 AND epoch = ?2 AND next_attempt_at <= ?3 AND lease_until IS NOT NULL AND attempts_in_run >= ?4`;

const interruptFormer = `
  UPDATE delivery_attempts SET duration_ms = ?2 - started_at, error = 'interrupted'
  WHERE delivery_id = ?1 AND duration_ms IS NULL AND EXISTS
    (SELECT 1 FROM deliveries WHERE delivery_id = ?1 AND (lease_id = ?3 OR (state = 'dead' AND lease_id IS NULL)))`;

const beginAttempt = `
  INSERT INTO delivery_attempts (delivery_id, number, kind, started_at)
  SELECT delivery_id, attempts, next_kind, ?2 FROM deliveries WHERE delivery_id = ?1 AND lease_id = ?3`;

const readClaimed = `
  SELECT deliveries.delivery_id AS deliveryId, deliveries.endpoint_id AS endpointId, deliveries.event_id AS eventId,
    deliveries.epoch, deliveries.attempts AS number, deliveries.attempts_in_run AS attemptsInRun, endpoints.url,
    endpoints.signing_secrets AS signingSecrets, events.body, deliveries.project_id AS projectId, deliveries.mode,
    deliveries.subject_ref AS subjectRef, events.sequence
  FROM deliveries JOIN endpoints USING (endpoint_id) JOIN events USING (event_id)
  WHERE deliveries.delivery_id = ?1 AND deliveries.lease_id = ?2`;

/**
 * Takes the delivery for one attempt, or `null`: it is not due, not at this epoch, its endpoint has as many attempts
 * under way as it may, is paused, disabled or deleted, or somebody else was faster. The attempt's row is there before
 * anything is sent.
 */
export async function claimDelivery(
  db: D1Database,
  { deliveryId, epoch }: DeliveryWakeUp,
  lease: Lease,
  mostAttempts: number,
): Promise<ClaimedDelivery | null> {
  const results = await db.batch<ClaimedDelivery>([
    db.prepare(endExhausted).bind(deliveryId, epoch, lease.now, mostAttempts),
    db.prepare(claim).bind(deliveryId, epoch, lease.now, lease.id, lease.until),
    db.prepare(interruptFormer).bind(deliveryId, lease.now, lease.id),
    db.prepare(beginAttempt).bind(deliveryId, lease.now, lease.id),
    db.prepare(readClaimed).bind(deliveryId, lease.id),
  ]);
  return results.at(-1)?.results[0] ?? null;
}

/** How an attempt ended. */
export interface AttemptOutcome {
  durationMs: number;
  httpStatus: number | null;
  /** `null` after a 2xx, and only then. */
  error: AttemptError | null;
  excerpt: string | null;
  /** When the next attempt is due, if it failed; `null` when it was the last of the schedule. */
  nextAttemptAt: number | null;
  /** The receiver said that it is gone for good (410). */
  isGone: boolean;
}

const endAttempt = `
  UPDATE delivery_attempts SET duration_ms = ?3, http_status = ?4, error = ?5, excerpt = ?6
  WHERE delivery_id = ?1 AND number = ?2`;

const settle = `
  UPDATE deliveries SET
    state = CASE WHEN ?4 IS NULL THEN 'sent' WHEN ?5 IS NULL OR isDeleted THEN 'dead' ELSE 'failed' END,
    next_attempt_at = CASE WHEN ?4 IS NULL OR isDeleted THEN NULL ELSE ?5 END,
    next_kind = 'scheduled', lease_until = NULL, lease_id = NULL, last_status = ?3, last_error = ?4, updated_at = ?6
  FROM (SELECT deleted_at IS NOT NULL AS isDeleted FROM endpoints WHERE endpoint_id = ?7)
  WHERE delivery_id = ?1 AND epoch = ?2`;

const countSuccess = `
  UPDATE endpoints SET consecutive_failures = 0, failing_since = NULL, paused_until = NULL, last_success_at = ?2
  WHERE endpoint_id = ?1 AND (failing_since IS NOT NULL OR coalesce(last_success_at, 0) <= ?2 - 60000)`;

/** The pause of an open breaker: 5 s after the first failure that opens it, doubled each time, at most a minute. */
const countFailure = `
  UPDATE endpoints SET consecutive_failures = consecutive_failures + 1,
    failing_since = coalesce(failing_since, ?2),
    paused_until = CASE WHEN consecutive_failures + 1 < ${failuresToOpen} THEN NULL
      ELSE ?2 + min(60000, 5000 << min(consecutive_failures + 1 - ${failuresToOpen}, 4)) END
  WHERE endpoint_id = ?1`;

const disableIfDone = `
  UPDATE endpoints SET is_enabled = 0, disabled_at = ?2, updated_at = ?2,
    disable_reason = CASE WHEN ?3 THEN 'gone' ELSE 'failing' END
  WHERE endpoint_id = ?1 AND is_enabled = 1 AND (?3 OR failing_since <= ?2 - ?4)`;

const nextDue = `
  SELECT delivery_id AS deliveryId, epoch FROM deliveries
  WHERE endpoint_id = ?1 AND next_attempt_at <= ?2 ORDER BY next_attempt_at LIMIT 1`;

/**
 * Records how the attempt ended, with what follows for the delivery and its endpoint, in one transaction; returns what is
 * due next at the same endpoint. A claim that was overtaken (its lease ran out) still completes its own attempt's row.
 */
export async function recordAttempt(
  db: D1Database,
  claimed: ClaimedDelivery,
  outcome: AttemptOutcome,
  { now, disableAfterMs }: { now: number; disableAfterMs: number },
): Promise<DeliveryWakeUp | null> {
  const { deliveryId, endpointId, epoch, number } = claimed;
  const { durationMs, httpStatus, error, excerpt, nextAttemptAt, isGone } = outcome;
  const results = await db.batch<DeliveryWakeUp>([
    db.prepare(endAttempt).bind(deliveryId, number, durationMs, httpStatus, error, excerpt),
    db.prepare(settle).bind(deliveryId, epoch, httpStatus, error, nextAttemptAt, now, endpointId),
    ...(error === null
      ? [db.prepare(countSuccess).bind(endpointId, now)]
      : [
          db.prepare(countFailure).bind(endpointId, now),
          db.prepare(disableIfDone).bind(endpointId, now, isGone ? 1 : 0, disableAfterMs),
        ]),
    db.prepare(nextDue).bind(endpointId, now),
  ]);
  return results.at(-1)?.results[0] ?? null;
}
