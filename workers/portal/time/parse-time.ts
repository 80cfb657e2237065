import { dayMs } from "../../../shared/domain/entitlement.ts";
import { findMoments, findSkip, formatOffset, offsetAt, startOfDay, toLocal } from "./zone.ts";

/**
 * Parsers of the days and times that people enter. `Date.parse` alone accepts days that do not exist and moves them to
 * the next month (`2027-02-30`), and expanded years (`+275760-09-13`).
 */

/** A time that was entered, or a sentence that says what to enter. `offsets` are the two that a repeated time can have. */
export type ParsedTime =
  | { outcome: "time"; at: number }
  | { outcome: "invalid"; error: string }
  | { outcome: "repeated"; error: string; offsets: [first: number, second: number] };

/** Parses a day such as `2026-11-24` to its first moment in the zone. Returns `null` for other text. */
export function parseDay(text: string, zone: string): number | null {
  const midnight = parseMidnight(text);
  return midnight === null ? null : startOfDay(midnight, zone);
}

/** Parses a day to the first moment after it, so that the day counts in full. */
export function parseEndOfDay(text: string, zone: string): number | null {
  const midnight = parseMidnight(text);
  return midnight === null ? null : startOfDay(midnight + dayMs, zone);
}

/**
 * Parses a local time such as `2026-11-24T11:30`. `offset`, as `+02:00`, decides between the two moments of a time that
 * clocks repeat in autumn.
 */
export function parseTime(text: string, zone: string, offset?: string): ParsedTime {
  const local = parseLocalTime(text);
  if (local === null)
    return { outcome: "invalid", error: `Enter a day and time in ${zone}, such as 2026-11-24T11:30.` };
  const [first, second] = findMoments(local, zone);
  if (first === undefined) return { outcome: "invalid", error: describeSkip(local, zone) };
  if (second === undefined) return { outcome: "time", at: first };
  const chosen = [first, second].find((at) => formatOffset(offsetAt(at, zone)) === offset);
  if (chosen !== undefined) return { outcome: "time", at: chosen };
  const offsets: [number, number] = [offsetAt(first, zone), offsetAt(second, zone)];
  const error = `${formatLocal(local)} happens twice in ${zone}, because clocks go back. Choose ${offsets
    .map((each) => `UTC${formatOffset(each)}`)
    .join(" (the first) or ")} (the second).`;
  return { outcome: "repeated", error, offsets };
}

/** Parses `2026-11-24T11:30` to a local time. Returns `null` for other text. */
export function parseLocalTime(text: string): number | null {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)$/.exec(text) ?? [];
  if (day === undefined || time === undefined) return null;
  return addTimeOfDay(parseMidnight(day), time);
}

/** Formats a moment as the value of a field for local times: `2026-11-24T11:30`. */
export const toTimeField = (at: number, zone: string): string =>
  new Date(toLocal(at, zone)).toISOString().slice(0, 16);

/** Formats a moment as the value of a field for days. */
export const toDayField = (at: number, zone: string): string => toTimeField(at, zone).slice(0, 10);

/** Parses a day to its midnight as a local time. */
function parseMidnight(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(at) && at >= 0 && new Date(at).toISOString().startsWith(text) ? at : null;
}

/** Adds `11:30` or `11:30:15.5` to a midnight. Returns `null` for a time no day has. */
function addTimeOfDay(midnight: number | null, time: string): number | null {
  const [hours = Number.NaN, minutes = Number.NaN, seconds = 0] = time.split(":").map(Number);
  const exists = hours < 24 && minutes < 60 && seconds < 60;
  if (midnight === null || !exists) return null;
  return midnight + Math.round(((hours * 60 + minutes) * 60 + seconds) * 1_000);
}

function describeSkip(local: number, zone: string): string {
  const skip = findSkip(local, zone);
  const before = formatTimeOfDay(skip + offsetAt(skip - 1, zone));
  const after = formatTimeOfDay(toLocal(skip, zone));
  return `${formatLocal(local)} does not exist in ${zone}: clocks go from ${before} to ${after}. Enter another time.`;
}

const formatTimeOfDay = (local: number): string => new Date(local).toISOString().slice(11, 16);

/** Formats a local time as `02:30 on 25 Oct 2026`. */
function formatLocal(local: number): string {
  const options = { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" } as const;
  return `${formatTimeOfDay(local)} on ${new Date(local).toLocaleDateString("en-GB", options)}`;
}
