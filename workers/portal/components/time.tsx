import { createContext, useContext } from "hono/jsx";
import { toLocal } from "../time/zone.ts";

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

/** The viewer's time zone. The layout of a page provides it. */
export const ZoneContext = createContext("UTC");

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

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Formats the local day as `24 Nov 2026`. */
export function formatDay(at: number, zone: string): string {
  const local = new Date(toLocal(at, zone));
  return `${local.getUTCDate()} ${months[local.getUTCMonth()]} ${local.getUTCFullYear()}`;
}

/** Formats the local time of day as `11:03`. */
export const formatClock = (at: number, zone: string): string =>
  new Date(toLocal(at, zone)).toISOString().slice(11, 16);

/** Formats a time as `24 Nov 2026, 11:03:05 UTC`. The zone is named by its abbreviation or offset at that time. */
export function formatExactTime(at: number, zone = "UTC"): string {
  const local = new Date(toLocal(at, zone));
  return `${formatDay(at, zone)}, ${local.toISOString().slice(11, 19)} ${nameZoneAt(at, zone)}`;
}

/** Formats the local day without the year of `now`: `24 Nov`, `24 Nov 2025`. */
export function formatShortDay(at: number, now: number, zone: string): string {
  const year = new Date(toLocal(now, zone)).getUTCFullYear();
  return formatDay(at, zone).replace(` ${year}`, "");
}

/** Formats a time without the seconds, and without the year of `now`: `24 Nov, 11:03`. */
const formatShortTime = (at: number, now: number, zone: string): string =>
  `${formatShortDay(at, now, zone)}, ${formatClock(at, zone)}`;

/** Each knows other abbreviations: `EST`, `CET`, `AEDT`. */
const zoneLocales = ["en-US", "en-GB", "en-AU"];

/** Names the zone as it is at a time: `CET` or `CEST`, or `GMT+9` where English has no abbreviation. */
export function nameZoneAt(at: number, zone: string): string {
  if (zone === "UTC") return "UTC";
  const names = zoneNamersOf(zone).map(
    (format) => format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? zone,
  );
  return names.find((name) => !name.startsWith("GMT")) ?? names[0] ?? zone;
}

/** Formatters are slow to make. There are some 600 zones. */
const zoneNamers = new Map<string, Intl.DateTimeFormat[]>();

function zoneNamersOf(zone: string): Intl.DateTimeFormat[] {
  const known = zoneNamers.get(zone);
  if (known !== undefined) return known;
  const made = zoneLocales.map(
    (locale) => new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: "short" }),
  );
  zoneNamers.set(zone, made);
  return made;
}

/** The exact time in the viewer's zone, and in UTC where that is another one. */
export function explainTime(at: number, zone: string): string {
  return zone === "UTC" ? formatExactTime(at) : `${formatExactTime(at, zone)} (${formatExactTime(at)})`;
}

/** Shows the relative time, and the exact time on hover. */
export function Time({ at, now }: { at: number; now: number }) {
  const zone = useContext(ZoneContext);
  return (
    <time datetime={new Date(at).toISOString()} title={explainTime(at, zone)}>
      {formatRelativeTime(at, now)}
    </time>
  );
}

/** Shows the exact time in the viewer's zone, and in UTC on hover. */
export function ExactTime({ at }: { at: number }) {
  const zone = useContext(ZoneContext);
  return (
    <time datetime={new Date(at).toISOString()} title={formatExactTime(at)}>
      {formatExactTime(at, zone)}
    </time>
  );
}

/** Shows the relative time and the exact time next to it. */
export function FullTime({ at, now }: { at: number; now: number }) {
  return (
    <span class="full-time">
      <Time at={at} now={now} />{" "}
      <span class="quiet">
        <ExactTime at={at} />
      </span>
    </span>
  );
}

/** Shows the relative time, and the exact time to the minute below it, for a cell of a table. */
export function TimeCell({ at, now }: { at: number; now: number }) {
  const zone = useContext(ZoneContext);
  return (
    <time datetime={new Date(at).toISOString()} title={explainTime(at, zone)} class="time-cell">
      {formatRelativeTime(at, now)} <small>{formatShortTime(at, now, zone)}</small>
    </time>
  );
}

/** Shows how long something has lasted, such as `3 hours`, and since when on hover. */
export function Elapsed({ since, now }: { since: number; now: number }) {
  const zone = useContext(ZoneContext);
  return (
    <time datetime={new Date(since).toISOString()} title={explainTime(since, zone)}>
      {formatDuration(now - since)}
    </time>
  );
}

/** Shows when something is scheduled: `due now` once its time has come. */
export function DueTime({ at, now }: { at: number; now: number }) {
  return at <= now ? <>due now</> : <Time at={at} now={now} />;
}
