const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * The longest try. The reply to Stripe does not wait for it; the platform lets it run for 30 s after the reply. A
 * try that takes longer counts as failed.
 */
export const tryTimeoutMs = 25 * second;

/** The sweep picks up a new event after this time, if its first try crashed before recording a result. */
export const firstAttemptTimeoutMs = 30 * second;

/** Until a claim expires, at least: longer than a try and its record. */
const leaseMs = 60 * second;

/** A fault of the installation does not count as a try. The event is tried again after this time. */
export const ownFaultDelayMs = 60 * second;

/**
 * Delays after the first, second, … failed attempt: 72 hours in total, the limit for an unknown checkout
 * attempt.
 */
const retryDelaysMs = [
  5 * second,
  30 * second,
  2 * minute,
  10 * minute,
  30 * minute,
  hour,
  3 * hour,
  7 * hour,
  12 * hour,
  24 * hour,
  24 * hour,
];

/**
 * Returns the delay after `tries` failed attempts in milliseconds, or `null` if that was the last attempt.
 */
export function getRetryDelay(tries: number): number | null {
  return retryDelaysMs[tries - 1] ?? null;
}

/** The number of tries in the schedule. */
export const maxTries = retryDelaysMs.length + 1;

/**
 * Returns when a claimed event is due again if its try never ends, by the number of tries before it: as long as
 * after a failed try, so that crashes do not use up the schedule.
 */
export function getLeaseEnds(now: number): number[] {
  return [...retryDelaysMs, leaseMs].map((delayMs) => now + Math.max(leaseMs, delayMs));
}
