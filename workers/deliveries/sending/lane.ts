import { dataByNumber, dataOf } from "../../../shared/db/databases.ts";
import type { DeliveryMessage } from "../../../shared/db/outbound-events.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, isLogged, log } from "../../../shared/kit/log.ts";
import { writeMetric } from "../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { getNextAttemptTimes, maxScheduledAttempts } from "../../../shared/webhooks/retry-schedule.ts";
import {
  type ClaimedDelivery,
  claimDelivery,
  type DeliveryAttemptOutcome,
  recordDeliveryAttempt,
  releaseDelivery,
} from "../db/delivery-attempts.ts";
import type { DeliveriesEnv } from "../env.ts";
import { attemptDelivery } from "./attempt.ts";

/**
 * A lane sends the deliveries of one endpoint: claim a delivery, attempt it, record the outcome, continue
 * with the next due delivery. docs/protocols/delivery.md describes the whole protocol and the effect of a
 * crash at each step.
 *
 * Guarantees: an attempt's row is in D1 before anything is sent. At most four lanes per endpoint have an
 * attempt in progress, one while its breaker is open. `sent` is written only after a 2xx. A fault of this
 * installation counts as no attempt. Assumes: an attempt, including its record, takes less than a lease. A
 * crash leaves the claim: its lease expires, and the delivery becomes due again.
 */
const leaseMs = 45_000;
/** No attempt begins after this time, so that the last one ends before the platform ends the invocation. */
const laneMs = 12_000;
const maxDelaySeconds = 86_400;
/** While this installation has a fault, each endpoint is tried at this interval. */
const ownFaultPauseMs = 60_000;
/** An endpoint that has only failed for this long is disabled. */
const disableAfterMs = 5 * dayMs;

/**
 * Claims the delivery if it is due and may be attempted now. Takes one round trip to D1, whatever the result.
 */
export async function claimForAttempt(
  env: DeliveriesEnv,
  message: DeliveryMessage,
): Promise<ClaimedDelivery | null> {
  const now = await currentTime(env.DEV);
  const until = now + leaseMs;
  const lease = { id: crypto.randomUUID(), now, until, nextAttemptAts: getNextAttemptTimes(now, until) };
  return claimDelivery(dataOfMessage(env, message), message, lease, maxScheduledAttempts);
}

const dataOfMessage = (env: DeliveriesEnv, { projectId }: DeliveryMessage): D1Database =>
  projectId === undefined ? dataByNumber(env, 0) : dataOf(env, { projectId });

/**
 * Runs from a claim until nothing is due at the endpoint, for at most 12 s. A queue message then continues
 * the lane.
 */
export async function runLane(env: DeliveriesEnv, first: ClaimedDelivery): Promise<void> {
  const endBy = Date.now() + laneMs;
  for (let claimed: ClaimedDelivery | null = first; claimed !== null; ) {
    const next = await attemptAndRecord(env, claimed);
    if (next === null) return;
    if (Date.now() >= endBy) return enqueueDeliveries(env, [next]);
    claimed = await claimForAttempt(env, next);
  }
}

async function attemptAndRecord(
  env: DeliveriesEnv,
  claimed: ClaimedDelivery,
): Promise<DeliveryMessage | null> {
  const outcome = await attemptDelivery(env, claimed).catch((error: unknown) =>
    releaseForOwnFault(env, claimed, error),
  );
  if (outcome === null) return null;
  const now = await currentTime(env.DEV);
  const next = await recordDeliveryAttempt(dataOf(env, claimed), claimed, outcome, { now, disableAfterMs });
  logDeliveryAttempt(env, claimed, outcome);
  if (outcome.error !== null && outcome.nextAttemptAt !== null)
    await enqueueDeliveries(env, [claimed], Math.ceil((outcome.nextAttemptAt - now) / 1_000));
  return next;
}

/** Gives the claim back, because nothing was sent. The sweep finds the delivery after the endpoint's pause. */
async function releaseForOwnFault(
  env: DeliveriesEnv,
  claimed: ClaimedDelivery,
  error: unknown,
): Promise<null> {
  const { deliveryId, endpointId, projectId, mode } = claimed;
  const fault = errorMessage(error);
  log("error", "deliveries.own_fault", { deliveryId, endpointId, projectId, mode, error: fault });
  const pause = { now: await currentTime(env.DEV), pauseMs: ownFaultPauseMs };
  await releaseDelivery(dataOf(env, claimed), claimed, fault, pause);
  return null;
}

function logDeliveryAttempt(
  env: DeliveriesEnv,
  claimed: ClaimedDelivery,
  outcome: DeliveryAttemptOutcome,
): void {
  const { deliveryId, endpointId, eventId, number, projectId, mode, subjectRef, sequence } = claimed;
  const { durationMs, httpStatus, error, nextAttemptAt } = outcome;
  const state = error === null ? "sent" : nextAttemptAt === null ? "dead" : "failed";
  writeMetric(env, claimed, {
    name: "delivery_attempt",
    outcome: state,
    error: error ?? "",
    status: httpStatus ?? 0,
    attempt: number,
    durationMs,
  });
  if (!isLogged("info")) return;
  log("info", "delivery_attempt", {
    deliveryId,
    endpointId,
    eventId,
    attempt: number,
    projectId,
    mode,
    ...(subjectRef === null ? {} : { subjectTag: subjectTag(subjectName({ projectId, mode, subjectRef })) }),
    sequence,
    status: httpStatus,
    outcome: state,
    code: error ?? undefined,
    durationMs,
  });
}

/** Enqueues deliveries. A failure of the queue only delays them, because the sweep finds due deliveries. */
export async function enqueueDeliveries(
  env: DeliveriesEnv,
  messages: DeliveryMessage[],
  delaySeconds = 0,
): Promise<void> {
  const requests = messages.map(({ deliveryId, epoch, projectId }) => ({
    body: { deliveryId, epoch, ...(projectId === undefined ? {} : { projectId }) },
  }));
  const options = { delaySeconds: Math.min(Math.max(delaySeconds, 0), maxDelaySeconds) };
  try {
    if (requests.length > 0) await env.DELIVERIES.sendBatch(requests, options);
  } catch (error) {
    log("warn", "deliveries.queue_unavailable", { count: messages.length, error: errorMessage(error) });
  }
}
