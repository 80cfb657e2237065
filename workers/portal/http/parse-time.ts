/**
 * Parsers of the days and times that people enter. `Date.parse` alone accepts days that do not exist and moves them to
 * the next month (`2027-02-30`), and expanded years (`+275760-09-13`).
 */

/** Parses a day such as `2026-11-24` to its first millisecond in UTC. Returns `null` for other text. */
export function parseUtcDay(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(at) && at >= 0 && new Date(at).toISOString().startsWith(text) ? at : null;
}

/** Parses a UTC time such as `2026-11-24T11:30` to milliseconds since 1970. Returns `null` for other text. */
export function parseUtcTime(text: string): number | null {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)$/.exec(text) ?? [];
  if (day === undefined || time === undefined) return null;
  return addTimeOfDay(parseUtcDay(day), time);
}

/** Adds `11:30` or `11:30:15.5` to the first millisecond of a day. Returns `null` for a time no day has. */
export function addTimeOfDay(day: number | null, time: string): number | null {
  const [hours = Number.NaN, minutes = Number.NaN, seconds = 0] = time.split(":").map(Number);
  const exists = hours < 24 && minutes < 60 && seconds < 60;
  return day === null || !exists ? null : day + Math.round(((hours * 60 + minutes) * 60 + seconds) * 1_000);
}
