import { dayMs } from "../../../../shared/domain/entitlement.ts";
import { formatClock, formatDay, nameZoneAt } from "../../components/time.tsx";
import type { HourRange } from "../../db/hourly-counts.ts";
import { startOfDay, toLocal } from "../../time/zone.ts";

const hourMs = 3_600_000;

export const periodLabels = { "30d": "Last 30 days", "48h": "Last 48 hours" } as const;
export type PeriodName = keyof typeof periodLabels;

export interface Period {
  name: PeriodName;
  /** The time before the period that it is compared with, as long as the part of it that is over. */
  before: HourRange;
  /** The days or hours of the period, oldest first. The last one is not over yet. */
  slots: Slot[];
}

export interface Slot {
  range: HourRange;
  /** For an axis: `24 Nov` or `14:00`. */
  label: string;
  /** Complete: `24 Nov 2026`. */
  name: string;
}

export const parsePeriod = (text: string | undefined): PeriodName | null =>
  text === undefined
    ? "30d"
    : ((Object.keys(periodLabels) as PeriodName[]).find((name) => name === text) ?? null);

/** Returns the slots up to the present one: days of the viewer's zone, or hours. */
export function buildPeriod(name: PeriodName, now: number, zone: string): Period {
  const slots = name === "30d" ? listDays(30, now, zone) : listHours(48, now, zone);
  const from = slots[0]?.range[0] ?? now;
  const last = slots.at(-1);
  if (last !== undefined) last.name += " (so far)";
  return { name, before: [from - (now - from), from], slots };
}

function listDays(count: number, now: number, zone: string): Slot[] {
  const local = toLocal(now, zone);
  const midnight = local - (local % dayMs);
  const startOf = (daysAgo: number) => startOfDay(midnight - daysAgo * dayMs, zone);
  return Array.from({ length: count }, (_, index) => {
    const daysAgo = count - 1 - index;
    const from = startOf(daysAgo);
    const day = formatDay(from, zone);
    return { range: [from, startOf(daysAgo - 1)], label: day.replace(/ \d{4}$/, ""), name: day };
  });
}

function listHours(count: number, now: number, zone: string): Slot[] {
  const present = now - (now % hourMs);
  return Array.from({ length: count }, (_, index) => {
    const from = present - (count - 1 - index) * hourMs;
    const clock = formatClock(from, zone);
    return {
      range: [from, from + hourMs],
      label: clock,
      name: `${formatDay(from, zone)}, ${clock} ${nameZoneAt(from, zone)}`,
    };
  });
}
