const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const steps: [number, string, number][] = [
  [minute, "second", 1_000],
  [hour, "minute", minute],
  [day, "hour", hour],
  [30 * day, "day", day],
  [365 * day, "month", 30 * day],
  [Number.POSITIVE_INFINITY, "year", 365 * day],
];

/** Formats `at` relative to `now`: `3 hours ago`, `in 2 days`. Both are in milliseconds since 1970. */
export function formatRelativeTime(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < minute) return at > now + 5_000 ? "in a moment" : "just now";
  const amount = formatDuration(distance);
  return at > now ? `in ${amount}` : `${amount} ago`;
}

/** Formats a duration in whole units of its largest unit: `40 seconds`, `3 hours`. */
export function formatDuration(ms: number): string {
  const [, word, unit] = steps.find(([limit]) => ms < limit) ?? ["", "year", 365 * day];
  const count = Math.floor(ms / Number(unit));
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** Formats a time as `24 Nov 2026, 11:03:05 UTC`. */
export function formatExactTime(at: number): string {
  const date = new Date(at);
  const words = date.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  return `${words}, ${date.toISOString().slice(11, 19)} UTC`;
}

/** Shows the relative time, and the exact time in UTC on hover. Scripts add the viewer's time zone. */
export function Time({ at, now }: { at: number; now: number }) {
  return (
    <time datetime={new Date(at).toISOString()} title={formatExactTime(at)}>
      {formatRelativeTime(at, now)}
    </time>
  );
}

/** Shows the exact time in UTC. Scripts change it to the viewer's time zone. */
export function ExactTime({ at }: { at: number }) {
  return (
    <time datetime={new Date(at).toISOString()} data-exact>
      {formatExactTime(at)}
    </time>
  );
}

/** Shows the relative time and the exact time next to it. */
export function FullTime({ at, now }: { at: number; now: number }) {
  return (
    <span class="full-time">
      <Time at={at} now={now} />{" "}
      <span class="quiet">
        · <ExactTime at={at} />
      </span>
    </span>
  );
}
