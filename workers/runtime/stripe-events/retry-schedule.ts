const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The sweep picks up a new event after this time, if its first attempt crashed before recording a result. */
export const firstAttemptTimeoutMs = 30 * second;

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
