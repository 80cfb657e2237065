import type { StripeRetryMessage } from "../../../shared/contract/messages.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, isLogged, type LogFields, log } from "../../../shared/kit/log.ts";
import { writeMetric } from "../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { type ConnectionWithProject, readConnection } from "../db/stripe-connections.ts";
import { readStripeEvent, recordStripeEventResult, type StripeEventRow } from "../db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { applyEvent } from "./apply-event.ts";
import { getRetryDelay } from "./retry-schedule.ts";

/** A queue delays a message by 12 hours at most. The sweep finds rows with a longer delay. */
const maxQueueDelaySeconds = 12 * 60 * 60;

/**
 * Applies one stored event and records the result. The route makes the first attempt, the queue and the sweep
 * make the retries. Two concurrent attempts are harmless, because a fact that is applied twice changes
 * nothing.
 *
 * Never throws because of the event. Its row stays `received` with the error and the time of the next
 * attempt, or becomes `failed` after the last one. The row is authoritative; the queue message only triggers
 * an attempt.
 *
 * `stored` is the row and connection of an event that the caller has just stored: they are not read again.
 */
export async function processStripeEvent(
  env: RuntimeEnv,
  key: StripeRetryMessage,
  stored?: { row: StripeEventRow; found: ConnectionWithProject },
): Promise<void> {
  const startedAt = Date.now();
  const now = await currentTime(env.DEV);
  let row: StripeEventRow | null = null;
  try {
    row = stored?.row ?? (await readStripeEvent(env.DB, key));
    if (row?.status !== "received") return;
    const found = stored?.found ?? (await readConnection(env.DB, key.connectionId));
    if (found === null) throw new Error("the Stripe connection no longer exists");
    const { status, detail, subjectRef, ledger, ...kept } = await applyEvent(env, found, row, now);
    await recordStripeEventResult(env.DB, key, {
      status,
      detail,
      subjectRef,
      nextTryAt: null,
      settledAt: now,
      ...kept,
    });
    logAttempt(row, startedAt, { outcome: status, ...toTagField(row, subjectRef), ...ledger });
    measureAttempt(env, row, status, { now, startedAt });
  } catch (error) {
    await recordFailure(env, key, row, error, now);
    if (row !== null) measureAttempt(env, row, "try_failed", { now, startedAt });
  }
}

/** Logs an attempt that ended with a result. `recordFailure` logs an attempt that threw. */
function logAttempt(row: StripeEventRow, startedAt: number, result: LogFields): void {
  log("info", "stripe_event", {
    stripeEventId: row.eventId,
    stripeEventType: row.type,
    connectionId: row.connectionId,
    projectId: row.projectId,
    mode: row.mode,
    foundBy: row.foundBy,
    tries: row.tries + 1,
    durationMs: Date.now() - startedAt,
    ...result,
  });
}

function measureAttempt(
  env: RuntimeEnv,
  row: StripeEventRow,
  outcome: string,
  { now, startedAt }: { now: number; startedAt: number },
): void {
  writeMetric(env, row, {
    name: "stripe_event",
    outcome,
    type: row.type,
    foundBy: row.foundBy,
    ageMs: now - row.stripeCreatedAt,
    durationMs: Date.now() - startedAt,
  });
}

function toTagField({ projectId, mode }: StripeEventRow, subjectRef: string | null): LogFields {
  if (subjectRef === null || !isLogged("info")) return {};
  return { subjectTag: subjectTag(subjectName({ projectId, mode, subjectRef })) };
}

async function recordFailure(
  env: RuntimeEnv,
  key: StripeRetryMessage,
  row: StripeEventRow | null,
  error: unknown,
  now: number,
): Promise<void> {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${errorMessage(error.cause)})` : "";
  const detail = errorMessage(error) + cause;
  log("error", "stripe_event.try_failed", {
    connectionId: key.connectionId,
    stripeEventId: key.eventId,
    ...(row === null ? {} : { projectId: row.projectId, mode: row.mode, tries: row.tries + 1 }),
    error: detail,
  });
  // Without the row the number of attempts is unknown. The row stays due, so the sweep retries it.
  if (row === null) return;
  const delayMs = getRetryDelay(row.tries + 1);
  const isLast = delayMs === null;
  try {
    await recordStripeEventResult(env.DB, key, {
      status: isLast ? "failed" : "received",
      detail,
      subjectRef: row.subjectRef,
      nextTryAt: isLast ? null : now + delayMs,
      settledAt: isLast ? now : null,
    });
    if (isLast) return;
    const delaySeconds = Math.min(maxQueueDelaySeconds, Math.ceil(delayMs / 1_000));
    await env.STRIPE_RETRIES.send(key, { delaySeconds });
  } catch (failure) {
    // The row is still `received` and due, so the sweep retries it.
    log("error", "stripe_event.retry_not_scheduled", {
      connectionId: key.connectionId,
      stripeEventId: key.eventId,
      error: errorMessage(failure),
    });
  }
}
