import { d1 } from "../../../shared/db/deadline.ts";
import { readConnection } from "../../../shared/db/stripe-connections.ts";
import { type InboxRow, readEvent, recordTry } from "../../../shared/db/stripe-inbox.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, isLogged, type LogFields, log } from "../../../shared/kit/log.ts";
import { measure } from "../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import type { StripeRetryMessage } from "../../../shared/contract/messages.ts";
import type { RuntimeEnv } from "../env.ts";
import { applyEvent } from "./apply-event.ts";
import { pauseAfter } from "./retry-schedule.ts";

/** Queues hold a message for at most this long; the sweep finds the rows that wait longer. */
const maxQueueDelaySeconds = 12 * 60 * 60;

/**
 * Applies one stored event, and records what came of it. Called for the first time by the route, later by the queue
 * and the sweep; two at once do no harm, since applying a fact twice changes nothing.
 *
 * Never throws because of the event: its row stays `received` with the error and the time of the next try, or becomes
 * `failed` after the last. The row is the truth; the queue message is only a wake-up.
 */
export async function tryEvent(env: RuntimeEnv, key: StripeRetryMessage): Promise<void> {
  const startedAt = Date.now();
  const now = await currentTime(env.DEV);
  let row: InboxRow | null = null;
  try {
    row = await d1(readEvent(env.DB, key));
    if (row?.status !== "received") return;
    const found = await d1(readConnection(env.DB, key.connectionId));
    if (found === null) throw new Error("the connection does not exist any more");
    const { status, detail, subjectRef, ledger, ...kept } = await applyEvent(env, found, row, now);
    await d1(
      recordTry(env.DB, key, { status, detail, subjectRef, nextTryAt: null, settledAt: now, ...kept }),
    );
    logTry(row, startedAt, { outcome: status, ...tagOf(row, subjectRef), ...ledger });
    measureTry(env, row, status, { now, startedAt });
  } catch (error) {
    await recordFailure(env, key, row, error, now);
    if (row !== null) measureTry(env, row, "try_failed", { now, startedAt });
  }
}

/** The line of one try that came to an end; one that failed has a line with its error. */
function logTry(row: InboxRow, startedAt: number, came: LogFields): void {
  log("info", "stripe_event", {
    stripeEventId: row.eventId,
    stripeEventType: row.type,
    connectionId: row.connectionId,
    projectId: row.projectId,
    mode: row.mode,
    foundBy: row.foundBy,
    tries: row.tries + 1,
    durationMs: Date.now() - startedAt,
    ...came,
  });
}

function measureTry(
  env: RuntimeEnv,
  row: InboxRow,
  outcome: string,
  { now, startedAt }: { now: number; startedAt: number },
): void {
  measure(env, row, {
    name: "stripe_event",
    outcome,
    type: row.type,
    foundBy: row.foundBy,
    ageMs: now - row.stripeCreatedAt,
    durationMs: Date.now() - startedAt,
  });
}

function tagOf({ projectId, mode }: InboxRow, subjectRef: string | null): LogFields {
  if (subjectRef === null || !isLogged("info")) return {};
  return { subjectTag: subjectTag(subjectName({ projectId, mode, subjectRef })) };
}

async function recordFailure(
  env: RuntimeEnv,
  key: StripeRetryMessage,
  row: InboxRow | null,
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
  // Without the row its tries are not known. Nothing is lost: it stays due, and the sweep comes by.
  if (row === null) return;
  const pauseMs = pauseAfter(row.tries + 1);
  const isLast = pauseMs === null;
  try {
    await d1(
      recordTry(env.DB, key, {
        status: isLast ? "failed" : "received",
        detail,
        subjectRef: row.subjectRef,
        nextTryAt: isLast ? null : now + pauseMs,
        settledAt: isLast ? now : null,
      }),
    );
    if (isLast) return;
    const delaySeconds = Math.min(maxQueueDelaySeconds, Math.ceil(pauseMs / 1_000));
    await env.STRIPE_RETRIES.send(key, { delaySeconds });
  } catch (failure) {
    // The row still says `received` and is due: the minute sweep finishes what queue or D1 did not take now.
    log("error", "stripe_event.retry_not_scheduled", {
      connectionId: key.connectionId,
      stripeEventId: key.eventId,
      error: errorMessage(failure),
    });
  }
}
