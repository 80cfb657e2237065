/** The billing interval of a price. */
export interface BillingInterval {
  interval: string;
  interval_count: number;
}

/** Seconds since 1970. The end is exclusive. */
export interface Period {
  start: number;
  end: number;
}

const daySeconds = 86_400;

/**
 * Returns the end of the period that begins at `start`, in seconds. Months and years count from `anchor`: a
 * subscription that began on the 31st renews on the last day of short months, and on the 31st otherwise.
 */
export function periodEnd(anchor: number, start: number, interval: BillingInterval): number {
  const days = toDays(interval);
  return days === undefined ? alignedPeriod(anchor, start, interval).end : start + days * daySeconds;
}

/** Returns the period that contains `at`, of those that begin at `anchor` and follow each other. */
export function alignedPeriod(anchor: number, at: number, interval: BillingInterval): Period {
  const days = toDays(interval);
  const step = (count: number) =>
    days === undefined ? addMonths(anchor, count * toMonths(interval)) : anchor + count * days * daySeconds;
  let count = 1;
  while (step(count) <= at) count++;
  return { start: step(count - 1), end: step(count) };
}

export function isSameInterval(one: BillingInterval, other: BillingInterval): boolean {
  return one.interval === other.interval && one.interval_count === other.interval_count;
}

function toDays({ interval, interval_count: count }: BillingInterval): number | undefined {
  if (interval === "day") return count;
  return interval === "week" ? 7 * count : undefined;
}

function toMonths({ interval, interval_count: count }: BillingInterval): number {
  return interval === "year" ? 12 * count : count;
}

function addMonths(seconds: number, months: number): number {
  const date = new Date(seconds * 1000);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, lastDay));
  return date.getTime() / 1000;
}
