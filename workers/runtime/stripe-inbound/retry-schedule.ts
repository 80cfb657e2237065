const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** A row whose first try left no trace (a crash in between) is taken up by the sweep after this time. */
export const firstTryMs = 30 * second;

/** The pause after the first, second, … failed try: 72 hours in all, as long as an event may stay unroutable. */
const pausesMs = [
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

/** How long to wait after `tries` failed ones, in milliseconds; `null` when it was the last. */
export function pauseAfter(tries: number): number | null {
  return pausesMs[tries - 1] ?? null;
}
