/**
 * Times of day in a time zone, by `Intl`. A local time is written as the milliseconds that it would be in UTC, so that its
 * parts can be read and added without a zone.
 */

const hourMs = 3_600_000;

/** Formatters are slow to make. There are some 600 zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formatters.set(zone, made);
  return made;
}

export const zoneNames: readonly string[] = ["UTC", ...Intl.supportedValuesOf("timeZone")].filter(
  (name, index, all) => all.indexOf(name) === index,
);

/** Returns whether the runtime knows the zone by this name. Abbreviations and offsets are no names: `CET`, `+02:00`. */
export function isZone(name: string): boolean {
  if (name === "UTC") return true;
  if (!/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)+$/.test(name) || name.length > 64) return false;
  try {
    return formatterOf(name) !== null;
  } catch {
    return false;
  }
}

/** Returns the local time at a moment. */
export function toLocal(at: number, zone: string): number {
  if (zone === "UTC") return at;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(at)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((at % 1_000) + 1_000) % 1_000);
}

/** Returns how far the zone's clocks are ahead of UTC at a moment. */
export const offsetAt = (at: number, zone: string): number => toLocal(at, zone) - at;

/** How far from a local time its moment can be, and how far apart the samples are that find both offsets of a change. */
const sampledHours = [-36, -24, -12, 0, 12, 24, 36];

/** Lists the moments that have a local time, earliest first: one, none when clocks skip it, two when they repeat it. */
export function findMoments(local: number, zone: string): number[] {
  const offsets = new Set(sampledHours.map((hours) => offsetAt(local + hours * hourMs, zone)));
  return [...offsets]
    .map((offset) => local - offset)
    .filter((at) => toLocal(at, zone) === local)
    .sort((a, b) => a - b);
}

/** Returns the moment at which clocks skip a local time that no moment has. */
export function findSkip(local: number, zone: string): number {
  let [low, high] = [local - 36 * hourMs, local + 36 * hourMs];
  // The local time only jumps over `local` once, so it is below it before the skip, and above it after.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (toLocal(middle, zone) < local) low = middle;
    else high = middle;
  }
  return high;
}

/** Returns the first moment of a local day. Where clocks skip midnight, that is later than 00:00. */
export function startOfDay(localMidnight: number, zone: string): number {
  return findMoments(localMidnight, zone)[0] ?? findSkip(localMidnight, zone);
}

/** Formats an offset as `+02:00`. */
export function formatOffset(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
