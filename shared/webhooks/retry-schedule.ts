const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The pause after the first, second, … failed attempt; the first attempt is made at once. About 56 hours in all. */
const retryPausesMs: readonly number[] = [
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

/** One attempt at once, and one after each pause. */
export const attemptsInSchedule = retryPausesMs.length + 1;

const jitter = 0.2;
const longestRetryAfterMs = 24 * hour;

/**
 * How long to wait after the `failures`th attempt of the schedule failed, in milliseconds; `null` when it was the last.
 * `random` (0 to 1) spreads deliveries that failed together by ±20 %. A receiver's `Retry-After` can make it longer,
 * up to 24 hours, never shorter.
 */
export function pauseAfterFailure(
  failures: number,
  { retryAfterMs, random }: { retryAfterMs: number | null; random: number },
): number | null {
  const pause = retryPausesMs[failures - 1];
  if (pause === undefined) return null;
  const spread = Math.round(pause * (1 - jitter + 2 * jitter * random));
  return Math.max(spread, Math.min(retryAfterMs ?? 0, longestRetryAfterMs));
}

/** `Retry-After` as milliseconds from `now`: seconds or an HTTP date. `null` when it is missing, malformed or past. */
export function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * second;
  // RFC 9110: a date is English text in GMT. `Date.parse` alone would take years, offsets and much else.
  const at = /^[A-Z][a-z]{2,8},? .* GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return at > now ? at - now : null;
}
