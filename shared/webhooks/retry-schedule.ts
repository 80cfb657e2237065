import { parseHttpDate } from "./http-date.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The delay after the first, second, … failed attempt; about 56 hours in total. */
const retryDelaysMs: readonly number[] = [
  5 * second,
  minute,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  24 * hour,
];

/** The first attempt, and one after each delay. */
export const maxScheduledAttempts = retryDelaysMs.length + 1;

/**
 * Returns when a claimed delivery is due again if its attempt never ends, by the number of attempts of the
 * schedule before it: as long as after a failed attempt, so that crashes do not use up the schedule, but not
 * before `leaseEndsAt`.
 */
export function getNextAttemptTimes(now: number, leaseEndsAt: number): number[] {
  return [...retryDelaysMs, 0].map((delayMs) => Math.max(leaseEndsAt, now + delayMs));
}

/**
 * Returns the milliseconds from the next attempt of the schedule to its last, by the number of attempts of the schedule
 * before it. It is without jitter.
 */
export const getRemainingScheduleMs = (attemptsInRun: number): number =>
  retryDelaysMs.slice(attemptsInRun).reduce((sum, delayMs) => sum + delayMs, 0);

const jitter = 0.2;
const maxRetryAfterMs = 24 * hour;

/**
 * Returns the delay in milliseconds after the `failures`th failed attempt of the schedule; `null` when it was
 * the last. `random` (0 to 1) spreads deliveries that failed together by ±20%. A receiver's `Retry-After` can
 * extend the delay, up to 24 hours, but never shorten it.
 */
export function getRetryDelayMs(
  failures: number,
  { retryAfterMs, random }: { retryAfterMs: number | null; random: number },
): number | null {
  const delayMs = retryDelaysMs[failures - 1];
  if (delayMs === undefined) return null;
  const spreadMs = Math.round(delayMs * (1 - jitter + 2 * jitter * random));
  return Math.max(spreadMs, Math.min(retryAfterMs ?? 0, maxRetryAfterMs));
}

/**
 * Parses `Retry-After` (seconds or an HTTP date) to milliseconds from `now`, at most the longest pause. Returns `null`
 * when the header is missing, malformed or in the past.
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * second, maxRetryAfterMs);
  const at = parseHttpDate(text, now);
  return at !== null && at > now ? Math.min(at - now, maxRetryAfterMs) : null;
}
