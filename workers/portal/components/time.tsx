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

/** `3 hours ago`, `in 2 days`; both in milliseconds. */
export function relativeTime(at: number, now: number): string {
  const distance = Math.abs(now - at);
  if (distance < minute) return at > now + 5_000 ? "in a moment" : "just now";
  const amount = duration(distance);
  return at > now ? `in ${amount}` : `${amount} ago`;
}

/** `40 seconds`, `3 hours`: whole ones of the largest unit. */
export function duration(ms: number): string {
  const [, word, unit] = steps.find(([limit]) => ms < limit) ?? ["", "year", 365 * day];
  const count = Math.floor(ms / Number(unit));
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** `24 Nov 2026, 11:03:05 UTC`. */
export function exactTime(at: number): string {
  const date = new Date(at);
  const words = date.toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  return `${words}, ${date.toISOString().slice(11, 19)} UTC`;
}

/** Relative for the eye, exact in UTC on hover; scripts add the viewer's own zone. */
export function Time({ at, now }: { at: number; now: number }) {
  return (
    <time datetime={new Date(at).toISOString()} title={exactTime(at)}>
      {relativeTime(at, now)}
    </time>
  );
}

/** Exact, in UTC; scripts show the viewer's own zone. */
export function ExactTime({ at }: { at: number }) {
  return (
    <time datetime={new Date(at).toISOString()} data-exact>
      {exactTime(at)}
    </time>
  );
}

/** Relative, with the exact moment beside it. */
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
