import { dayMs, type Moment } from "./entitlement.ts";

/** Returns the moment `months` later, at the same time of day in UTC, on the day `day` or the last of the month. */
export function addMonths(moment: Moment, months: number, day: number): Moment {
  const date = new Date(moment);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  return Date.UTC(year, month, Math.min(day, lastDay)) + (moment - startOfDay(moment));
}

/**
 * Returns the day of the month at which the months of `[start, end)` begin. A period that begins on the last day of a
 * short month, such as 28 February, may belong to a later day: its end says to which.
 */
export function findAnchorDay(start: Moment, end: Moment): number {
  const day = new Date(start).getUTCDate();
  const isLast = new Date(start + dayMs).getUTCDate() === 1;
  return isLast ? Math.max(day, new Date(end).getUTCDate()) : day;
}

/** Returns how many whole months `[start, end)` is; `null` for a length that is none, such as a week. */
export function countMonths(start: Moment, end: Moment): number | null {
  const [from, to] = [new Date(start), new Date(end)];
  const months = (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
  return months > 0 && addMonths(start, months, findAnchorDay(start, end)) === end ? months : null;
}

const startOfDay = (moment: Moment): Moment => Math.floor(moment / dayMs) * dayMs;
