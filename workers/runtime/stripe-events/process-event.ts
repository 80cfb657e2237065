import type { StripeRetryMessage } from "../../../shared/contract/messages.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, isLogged, type LogFields, log } from "../../../shared/kit/log.ts";
import { writeMetric } from "../../../shared/kit/metrics.ts";
import { OwnFaultError } from "../../../shared/kit/own-fault.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { DependencyUnavailableError, TimeoutError, withTimeout } from "../../../shared/kit/timeout.ts";
import { StripeReadError } from "../../../shared/stripe/client.ts";
import { type ConnectionWithProject, readConnection } from "../db/stripe-connections.ts";
import {
  claimStripeEvent,
  recordFailedTry,
  type StripeEventRow,
  settleStripeEvent,
} from "../db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { applyEvent, type Settlement } from "./apply-event.ts";
import { getLeaseEnds, getRetryDelay, maxTries, ownFaultDelayMs, tryTimeoutMs } from "./retry-schedule.ts";

/** A queue delays a message by 12 hours at most. The sweep finds rows with a longer delay. */
const maxQueueDelaySeconds = 12 * 60 * 60;

/**
 * Tries one stored event and records the result. The route makes the first try, the queue and the sweep make the
 * others. A try begins with a claim, so that concurrent workers make one try and not several: the schedule
 * counts the tries. Only an event that is due can be claimed.
 *
 * Never throws because of the event. Its row stays `received` with the error and the time of the next try, or
 * becomes `failed` after the last one. The row is authoritative; the queue message only triggers a try.
 *
 * `stored` is the row and connection of an event that the caller has just stored. Storing it claimed it.
 */
export async function processStripeEvent(
  env: RuntimeEnv,
  key: StripeRetryMessage,
  stored?: { row: StripeEventRow; found: ConnectionWithProject },
): Promise<void> {
  const startedAt = Date.now();
  const now = await currentTime(env.DEV);
  const row = await claim(env, key, stored?.row, now);
  if (row === null) return;
  try {
    if (row.tries > maxTries) throw new Error(row.detail ?? "the last try did not end");
    const work = tryEvent(env, row, stored?.found, now);
    const { status, detail, subjectRef, ledger, ...kept } = await withTimeout(
      tryDependency,
      tryTimeoutMs,
      work,
    ).catch(unwrap);
    await settleStripeEvent(dataOf(env, row), row, { status, detail, subjectRef, settledAt: now, ...kept });
    logAttempt(row, startedAt, { outcome: status, ...toTagField(row, subjectRef), ...ledger });
    measureAttempt(env, row, status, { now, startedAt });
  } catch (error) {
    await recordFailure(env, row, error, now);
    measureAttempt(env, row, "try_failed", { now, startedAt });
  }
}

/** The name of a try in the error of its timeout. Of what a try waits for, only Stripe may take this long. */
const tryDependency = "Stripe";

/** Rethrows what `withTimeout` wrapped, unless it was the timeout. */
function unwrap(error: unknown): never {
  const isOurs = error instanceof DependencyUnavailableError && error.dependency === tryDependency;
  if (isOurs && !(error.cause instanceof TimeoutError)) throw error.cause;
  throw error;
}

/** Returns the row with this try counted, or `null` when there is nothing to do now. */
async function claim(
  env: RuntimeEnv,
  key: StripeRetryMessage,
  stored: StripeEventRow | undefined,
  now: number,
): Promise<StripeEventRow | null> {
  if (stored !== undefined) return { ...stored, tries: stored.tries + 1 };
  try {
    return await claimStripeEvent(await findDatabase(env, key), key, getLeaseEnds(now), now);
  } catch (error) {
    // The row stays due, or its claim expires: the sweep tries it.
    const { connectionId, eventId } = key;
    const failure = { connectionId, stripeEventId: eventId, error: errorMessage(error) };
    log("error", "stripe_event.not_claimed", failure);
    return null;
  }
}

/** A queue message of an earlier release names no project. */
async function findDatabase(env: RuntimeEnv, key: Partial<StripeRetryMessage>): Promise<D1Database> {
  const { projectId, connectionId = "" } = key;
  if (projectId !== undefined) return dataOf(env, { projectId });
  const found = await readConnection(env.DB, connectionId);
  if (found === null) throw new Error("the Stripe connection no longer exists");
  return dataOf(env, found.connection);
}

async function tryEvent(
  env: RuntimeEnv,
  row: StripeEventRow,
  stored: ConnectionWithProject | undefined,
  now: number,
): Promise<Settlement> {
  const found = stored ?? (await readConnection(env.DB, row.connectionId));
  if (found === null) throw new Error("the Stripe connection no longer exists");
  return applyEvent(env, found, row, now);
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
    tries: row.tries,
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

/** Records a failed try and its successor. A fault of the installation is not a try: the schedule waits for it. */
async function recordFailure(
  env: RuntimeEnv,
  row: StripeEventRow,
  error: unknown,
  now: number,
): Promise<void> {
  const key = { connectionId: row.connectionId, eventId: row.eventId, projectId: row.projectId };
  const ids = { connectionId: key.connectionId, stripeEventId: key.eventId };
  const isOwnFault = error instanceof OwnFaultError;
  const tries = isOwnFault ? row.tries - 1 : Math.min(row.tries, maxTries);
  const delayMs = isOwnFault ? ownFaultDelayMs : getRetryDelay(tries);
  const isLast = delayMs === null;
  const detail = describeError(error);
  const { projectId, mode } = row;
  log("error", "stripe_event.try_failed", { ...ids, projectId, mode, tries, error: detail });
  try {
    await recordFailedTry(dataOf(env, row), row, {
      status: isLast ? "failed" : "received",
      detail,
      tries,
      waitsForStripe: isOwnFault || isUnansweredByStripe(error),
      nextTryAt: isLast ? null : now + delayMs,
      settledAt: isLast ? now : null,
    });
    if (isLast) return;
    const delaySeconds = Math.min(maxQueueDelaySeconds, Math.ceil(delayMs / 1_000));
    await env.STRIPE_RETRIES.send(key, { delaySeconds });
  } catch (failure) {
    // The row is still `received`, and due once its claim expires: the sweep tries it.
    log("error", "stripe_event.retry_not_scheduled", { ...ids, error: errorMessage(failure) });
  }
}

function describeError(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? ` (${errorMessage(error.cause)})` : "";
  return errorMessage(error) + cause;
}

/** Returns whether Stripe failed to answer, or the try ran out of time. A missing object is an answer. */
function isUnansweredByStripe(error: unknown): boolean {
  if (error instanceof StripeReadError) return !error.isMissing;
  return error instanceof DependencyUnavailableError && error.dependency === tryDependency;
}
