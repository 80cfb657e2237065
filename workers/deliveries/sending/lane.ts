import {
  type AttemptOutcome,
  type ClaimedDelivery,
  claimDelivery,
  recordAttempt,
} from "../../../shared/db/claim-delivery.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import type { DeliveryWakeUp } from "../../../shared/db/write-events.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, isLogged, log } from "../../../shared/kit/log.ts";
import { measure } from "../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { attemptsInSchedule } from "../../../shared/webhooks/retry-schedule.ts";
import type { DeliveriesEnv } from "../env.ts";
import { attempt } from "./attempt.ts";

/**
 * A lane: claim a delivery, attempt it, record how it ended, go on with what is due next at the same endpoint. The whole
 * protocol, with what a crash at each step leaves, is docs/protocols/delivery.md.
 *
 * Guarantees: an attempt's row is in D1 before anything is sent; at most four lanes per endpoint have an attempt under
 * way, one while its breaker is open; `sent` is written only after a 2xx. Assumes: an attempt, its record included, takes
 * less than a lease. A crash leaves the claim, whose lease ends by itself and makes the delivery due again.
 */
const leaseMs = 45_000;
/** No further attempt is begun after this time, so that one more still ends before the platform ends the invocation. */
const laneMs = 12_000;
const longestDelaySeconds = 86_400;
/** An endpoint that has brought nothing but failures for so long is disabled. */
const disableAfterMs = 5 * dayMs;

/** Takes the delivery if it is due and may be attempted now. Costs one round trip to D1, whatever the answer. */
export async function claim(env: DeliveriesEnv, wakeUp: DeliveryWakeUp): Promise<ClaimedDelivery | null> {
  const now = await currentTime(env.DEV);
  const lease = { id: crypto.randomUUID(), now, until: now + leaseMs };
  return d1(claimDelivery(env.DB, wakeUp, lease, attemptsInSchedule));
}

/** Goes on from a claim until nothing is due at the endpoint, or this lane has run for long enough. */
export async function runLane(env: DeliveriesEnv, first: ClaimedDelivery): Promise<void> {
  const endBy = Date.now() + laneMs;
  for (let claimed: ClaimedDelivery | null = first; claimed !== null; ) {
    const next = await attemptAndRecord(env, claimed);
    if (next === null) return;
    if (Date.now() >= endBy) return wake(env, [next]);
    claimed = await claim(env, next);
  }
}

async function attemptAndRecord(
  env: DeliveriesEnv,
  claimed: ClaimedDelivery,
): Promise<DeliveryWakeUp | null> {
  const outcome = await attempt(env, claimed);
  const now = await currentTime(env.DEV);
  const next = await d1(recordAttempt(env.DB, claimed, outcome, { now, disableAfterMs }));
  tellAttempt(env, claimed, outcome);
  if (outcome.error !== null && outcome.nextAttemptAt !== null)
    await wake(env, [claimed], Math.ceil((outcome.nextAttemptAt - now) / 1_000));
  return next;
}

function tellAttempt(env: DeliveriesEnv, claimed: ClaimedDelivery, outcome: AttemptOutcome): void {
  const { deliveryId, endpointId, eventId, number, projectId, mode, subjectRef, sequence } = claimed;
  const { durationMs, httpStatus, error, nextAttemptAt } = outcome;
  const came = error === null ? "sent" : nextAttemptAt === null ? "dead" : "failed";
  measure(env, claimed, {
    name: "delivery_attempt",
    outcome: came,
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
    outcome: came,
    code: error ?? undefined,
    durationMs,
  });
}

/** Asks the queue for a look at these deliveries. A queue that fails costs time only: the sweep finds what is due. */
export async function wake(env: DeliveriesEnv, wakeUps: DeliveryWakeUp[], delaySeconds = 0): Promise<void> {
  const messages = wakeUps.map(({ deliveryId, epoch }) => ({ body: { deliveryId, epoch } }));
  const options = { delaySeconds: Math.min(Math.max(delaySeconds, 0), longestDelaySeconds) };
  try {
    if (messages.length > 0) await env.DELIVERIES.sendBatch(messages, options);
  } catch (error) {
    log("warn", "deliveries.queue_unavailable", { count: messages.length, error: errorMessage(error) });
  }
}
