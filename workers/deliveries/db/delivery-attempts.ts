import type { DeliveryAttemptError, Mode } from "../../../shared/contract/enums.ts";
import type { DeliveryMessage } from "../../../shared/db/outbound-events.ts";

/** A delivery claimed for one attempt, with everything that the attempt needs. */
export interface ClaimedDelivery {
  deliveryId: string;
  endpointId: string;
  eventId: string;
  eventType: string;
  /** The epoch that this claim set. */
  epoch: number;
  /** The number of the attempt to make now. */
  number: number;
  attemptsInRun: number;
  url: string;
  signingSecrets: string;
  body: string;
  /** The scope and the change that the event reports. A test event has neither subject nor sequence. */
  projectId: string;
  mode: Mode;
  subjectRef: string | null;
  sequence: number | null;
}

export interface Lease {
  /** Unique to this claim, so that the statements after it apply only if the claim succeeded. */
  id: string;
  now: number;
  until: number;
  /** When the delivery is due again if the attempt never ends, by the number of attempts before it. */
  nextAttemptAts: number[];
}

export const maxConcurrentAttempts = 4;
/** After this many consecutive failures the breaker opens: one attempt at a time, with pauses. */
const breakerThreshold = 5;

/** How many attempts an endpoint that accepts some may have in progress. */
export const concurrencyLimitSql = `
  CASE WHEN endpoints.consecutive_failures >= ${breakerThreshold} OR endpoints.own_fault IS NOT NULL
    THEN 1 ELSE ${maxConcurrentAttempts} END`;

// A test event does not wait for the end of a pause: an operator waits for its result.
const selectConcurrencyLimit = `
  SELECT CASE WHEN endpoints.is_enabled = 0 OR endpoints.deleted_at IS NOT NULL
      OR (coalesce(endpoints.paused_until, 0) > ?3 AND deliveries.event_type <> 'endpoint.test') THEN 0
    ELSE ${concurrencyLimitSql} END
  FROM endpoints WHERE endpoints.endpoint_id = deliveries.endpoint_id`;

const countAttemptsInProgress = `
  SELECT count(*) FROM deliveries AS other
  WHERE other.endpoint_id = deliveries.endpoint_id AND other.lease_until IS NOT NULL AND other.lease_until > ?3`;

/**
 * A delivery is claimable when it is due. During an attempt `next_attempt_at` is when the next one is due if this
 * one never ends (`getNextAttemptTimes`), so a delivery becomes due again if its worker dies, without a second
 * rule.
 */
const claimDue = `
  UPDATE deliveries SET epoch = epoch + 1, attempts = attempts + 1, attempts_in_run = attempts_in_run + 1,
    lease_id = ?4, lease_until = ?5, updated_at = ?3,
    next_attempt_at = json_extract(?6, '$[' || min(attempts_in_run, json_array_length(?6) - 1) || ']')
  WHERE delivery_id = ?1 AND epoch = ?2 AND next_attempt_at <= ?3
    AND (${countAttemptsInProgress}) < (${selectConcurrencyLimit})`;

const isSubscribed = `EXISTS (SELECT 1 FROM endpoints JOIN json_each(endpoints.event_types) AS subscribed
  WHERE endpoints.endpoint_id = deliveries.endpoint_id AND subscribed.value = deliveries.event_type)`;

/**
 * Matches deliveries of a type that their endpoint no longer subscribes to. An operator's retry and a test event
 * are sent whatever the endpoint subscribes to.
 */
export const isUnsubscribedSql = `next_kind = 'scheduled' AND event_type <> 'endpoint.test' AND NOT ${isSubscribed}`;

const endUnsubscribed = `
  UPDATE deliveries SET state = 'dead', epoch = epoch + 1, next_attempt_at = NULL, lease_until = NULL,
    lease_id = NULL, updated_at = ?3
  WHERE delivery_id = ?1 AND epoch = ?2 AND next_attempt_at <= ?3 AND ${isUnsubscribedSql}`;

/**
 * Ends a delivery after a last attempt without a recorded end: a delivery that crashes its workers must end
 * too.
 */
const endExhausted = `
  UPDATE deliveries SET state = 'dead', epoch = epoch + 1,
    next_attempt_at = NULL, lease_until = NULL, lease_id = NULL,
    last_status = NULL, last_error = 'interrupted', updated_at = ?3
  WHERE delivery_id = ?1 AND epoch = ?2 AND next_attempt_at <= ?3
    AND lease_until IS NOT NULL AND attempts_in_run >= ?4`;

const markPreviousInterrupted = `
  UPDATE delivery_attempts SET duration_ms = ?2 - started_at, error = 'interrupted'
  WHERE delivery_id = ?1 AND duration_ms IS NULL AND EXISTS
    (SELECT 1 FROM deliveries WHERE delivery_id = ?1 AND (lease_id = ?3 OR (state = 'dead' AND lease_id IS NULL)))`;

const beginAttempt = `
  INSERT INTO delivery_attempts (delivery_id, number, kind, started_at)
  SELECT delivery_id, attempts, next_kind, ?2 FROM deliveries WHERE delivery_id = ?1 AND lease_id = ?3`;

const readClaimed = `
  SELECT deliveries.delivery_id AS deliveryId, deliveries.endpoint_id AS endpointId, deliveries.event_id AS eventId,
    deliveries.event_type AS eventType,
    deliveries.epoch, deliveries.attempts AS number, deliveries.attempts_in_run AS attemptsInRun, endpoints.url,
    endpoints.signing_secrets AS signingSecrets, events.body, deliveries.project_id AS projectId, deliveries.mode,
    deliveries.subject_ref AS subjectRef, events.sequence
  FROM deliveries JOIN endpoints USING (endpoint_id) JOIN events USING (event_id)
  WHERE deliveries.delivery_id = ?1 AND deliveries.lease_id = ?2`;

/**
 * Claims the delivery for one attempt, and writes the attempt's row before anything is sent. Returns `null`
 * when the delivery is not due, has another epoch, or was claimed by another worker. Also returns `null` when
 * its endpoint is at its limit of concurrent attempts, paused, disabled or deleted.
 */
export async function claimDelivery(
  db: D1Database,
  { deliveryId, epoch }: DeliveryMessage,
  lease: Lease,
  maxAttempts: number,
): Promise<ClaimedDelivery | null> {
  const results = await db.batch<ClaimedDelivery>([
    db.prepare(endUnsubscribed).bind(deliveryId, epoch, lease.now),
    db.prepare(endExhausted).bind(deliveryId, epoch, lease.now, maxAttempts),
    db
      .prepare(claimDue)
      .bind(deliveryId, epoch, lease.now, lease.id, lease.until, JSON.stringify(lease.nextAttemptAts)),
    db.prepare(markPreviousInterrupted).bind(deliveryId, lease.now, lease.id),
    db.prepare(beginAttempt).bind(deliveryId, lease.now, lease.id),
    db.prepare(readClaimed).bind(deliveryId, lease.id),
  ]);
  return results.at(-1)?.results[0] ?? null;
}

/** The result of an attempt. */
export interface DeliveryAttemptOutcome {
  durationMs: number;
  httpStatus: number | null;
  /** `null` after a 2xx, and only then. */
  error: DeliveryAttemptError | null;
  excerpt: string | null;
  /** When the next attempt is due, if it failed; `null` when it was the last of the schedule. */
  nextAttemptAt: number | null;
  /** The receiver replied 410 Gone. */
  isGone: boolean;
}

const endAttempt = `
  UPDATE delivery_attempts SET duration_ms = ?3, http_status = ?4, error = ?5, excerpt = ?6
  WHERE delivery_id = ?1 AND number = ?2`;

// A failed attempt is the last one when its endpoint was deleted or unsubscribed from the type during it.
const settleDelivery = `
  UPDATE deliveries SET
    state = CASE WHEN ?4 IS NULL THEN 'sent' WHEN ?5 IS NULL OR isUnwanted THEN 'dead' ELSE 'failed' END,
    next_attempt_at = CASE WHEN ?4 IS NULL OR isUnwanted THEN NULL ELSE ?5 END,
    next_kind = 'scheduled', lease_until = NULL, lease_id = NULL, last_status = ?3, last_error = ?4, updated_at = ?6
  FROM (SELECT deleted_at IS NOT NULL OR NOT EXISTS
      (SELECT 1 FROM json_each(event_types) WHERE value = ?8) AS isUnwanted
    FROM endpoints WHERE endpoint_id = ?7)
  WHERE delivery_id = ?1 AND epoch = ?2`;

const countSuccess = `
  UPDATE endpoints SET consecutive_failures = 0, failing_since = NULL, paused_until = NULL, last_success_at = ?2,
    own_fault = NULL, own_fault_since = NULL
  WHERE endpoint_id = ?1 AND (failing_since IS NOT NULL OR own_fault IS NOT NULL OR coalesce(last_success_at, 0) <= ?2 - 60000)`;

/**
 * Counts the failure. An open breaker pauses for 5 s after the failure that opens it, then doubles, up to 60
 * s.
 */
const countFailure = `
  UPDATE endpoints SET consecutive_failures = consecutive_failures + 1,
    failing_since = coalesce(failing_since, ?2), own_fault = NULL, own_fault_since = NULL,
    paused_until = CASE WHEN consecutive_failures + 1 < ${breakerThreshold} THEN NULL
      ELSE ?2 + min(60000, 5000 << min(consecutive_failures + 1 - ${breakerThreshold}, 4)) END
  WHERE endpoint_id = ?1`;

const disableIfUnreachable = `
  UPDATE endpoints SET is_enabled = 0, disabled_at = ?2, updated_at = ?2,
    disable_reason = CASE WHEN ?3 THEN 'gone' ELSE 'failing' END
  WHERE endpoint_id = ?1 AND is_enabled = 1 AND (?3 OR failing_since <= ?2 - ?4)`;

/** The type of events that operators send to test an endpoint. */
export const testEventType = "endpoint.test";

const selectNextDue = `
  SELECT delivery_id AS deliveryId, epoch, project_id AS projectId FROM deliveries
  WHERE endpoint_id = ?1 AND next_attempt_at <= ?2 ORDER BY next_attempt_at LIMIT 1`;

/**
 * Records the result of an attempt and updates its delivery and endpoint, in one transaction. Returns the
 * delivery that is due next at the same endpoint. A claim with an expired lease still completes its own
 * attempt's row.
 */
export async function recordDeliveryAttempt(
  db: D1Database,
  claimed: ClaimedDelivery,
  outcome: DeliveryAttemptOutcome,
  { now, disableAfterMs }: { now: number; disableAfterMs: number },
): Promise<DeliveryMessage | null> {
  const { deliveryId, endpointId, eventType, epoch, number } = claimed;
  const { durationMs, httpStatus, error, excerpt, nextAttemptAt, isGone } = outcome;
  const isTest = eventType === testEventType;
  const settled = [deliveryId, epoch, httpStatus, error, nextAttemptAt] as const;
  const results = await db.batch<DeliveryMessage>([
    db.prepare(endAttempt).bind(deliveryId, number, durationMs, httpStatus, error, excerpt),
    db.prepare(settleDelivery).bind(...settled, now, endpointId, eventType),
    ...(error === null
      ? [db.prepare(countSuccess).bind(endpointId, now)]
      : [
          // A failed test says nothing about how the endpoint takes events.
          ...(isTest ? [] : [db.prepare(countFailure).bind(endpointId, now)]),
          ...(isTest && !isGone
            ? []
            : [db.prepare(disableIfUnreachable).bind(endpointId, now, isGone ? 1 : 0, disableAfterMs)]),
        ]),
    db.prepare(selectNextDue).bind(endpointId, now),
  ]);
  return results.at(-1)?.results[0] ?? null;
}

const releaseClaim = `
  UPDATE deliveries SET attempts = attempts - 1, attempts_in_run = attempts_in_run - 1, next_attempt_at = ?3,
    lease_until = NULL, lease_id = NULL, updated_at = ?3
  WHERE delivery_id = ?1 AND epoch = ?2 AND lease_until IS NOT NULL`;

const removeAttempt = `
  DELETE FROM delivery_attempts WHERE delivery_id = ?1 AND number = ?2 AND duration_ms IS NULL
    AND EXISTS (SELECT 1 FROM deliveries WHERE delivery_id = ?1 AND epoch = ?3 AND lease_until IS NULL)`;

const pauseForOwnFault = `
  UPDATE endpoints SET own_fault = ?3, own_fault_since = coalesce(own_fault_since, ?2), paused_until = ?4
  WHERE endpoint_id = ?1`;

/**
 * Gives a claim back when a fault of this installation kept the attempt from being sent: no attempt is counted,
 * and the delivery stays due. Its endpoint is paused for `pauseMs` with the fault, so that one delivery at a time
 * finds out whether the fault is over. A claim that another worker has overtaken stays unchanged.
 */
export async function releaseDelivery(
  db: D1Database,
  { deliveryId, endpointId, epoch, number }: ClaimedDelivery,
  fault: string,
  { now, pauseMs }: { now: number; pauseMs: number },
): Promise<void> {
  await db.batch([
    db.prepare(releaseClaim).bind(deliveryId, epoch, now),
    db.prepare(removeAttempt).bind(deliveryId, number, epoch),
    db.prepare(pauseForOwnFault).bind(endpointId, now, fault, now + pauseMs),
  ]);
}
