import { formatExactTime } from "./time.tsx";

const dayFormat = new Intl.DateTimeFormat("en-US", { month: "short", day: "numeric", timeZone: "UTC" });
const yearFormat = new Intl.DateTimeFormat("en-US", {
  month: "short",
  day: "numeric",
  year: "numeric",
  timeZone: "UTC",
});
const longFormat = new Intl.DateTimeFormat("en-US", {
  weekday: "long",
  month: "long",
  day: "numeric",
  year: "numeric",
  timeZone: "UTC",
});

const yearOf = (at: number) => new Date(at).getUTCFullYear();

/** Formats the day of a time in UTC as `Dec 2`, with the year if it is another one than that of `now`. */
const formatDay = (at: number, now: number): string =>
  (yearOf(at) === yearOf(now) ? dayFormat : yearFormat).format(at);

/** Formats the day of a time in UTC as `Wednesday, December 2, 2026`. */
export const formatLongDay = (at: number): string => longFormat.format(at);

/** Returns a text that is the same for all times of one day in UTC. */
export const toDayKey = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Shows the day of a time in UTC, and the exact time on hover. */
export function Day({ at, now }: { at: number; now: number }) {
  return (
    <time datetime={new Date(at).toISOString()} title={formatExactTime(at)}>
      {formatDay(at, now)}
    </time>
  );
}

/** Shows the time of day in UTC, such as `14:00:30`, and the exact time on hover. */
export function Clock({ at }: { at: number }) {
  return (
    <time datetime={new Date(at).toISOString()} title={formatExactTime(at)}>
      {new Date(at).toISOString().slice(11, 19)}
    </time>
  );
}
