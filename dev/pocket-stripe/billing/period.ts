/** The billing interval of a price. */
export interface BillingInterval {
  interval: string;
  interval_count: number;
}

const daySeconds = 86_400;

/**
 * Returns the end of the period that begins at `start`, in seconds. Months and years count from `anchor`: a
 * subscription that began on the 31st renews on the last day of short months, and on the 31st otherwise.
 */
export function periodEnd(
  anchor: number,
  start: number,
  { interval, interval_count: count }: BillingInterval,
): number {
  if (interval === "day") return start + count * daySeconds;
  if (interval === "week") return start + 7 * count * daySeconds;
  const months = interval === "year" ? 12 * count : count;
  let periods = 1;
  while (addMonths(anchor, periods * months) <= start) periods++;
  return addMonths(anchor, periods * months);
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
