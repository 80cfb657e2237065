import type { FlipView } from "../../../../../shared/contract/operations/customer-views.ts";
import { toDayKey } from "../../../components/day-time.tsx";
import type { CustomerDelivery, CustomerStripeEvent } from "../../../db/customer.ts";
import { isUsageEntry, type TimelineItem } from "./timeline-items.ts";

type EntryItem = Extract<TimelineItem, { type: "entry" }>;

/** One row of the timeline: items that happened together, newest first. At most one of them changed access. */
export interface Happening {
  /** The item that names the row: the one that changed access, else the newest entry, else the newest item. */
  lead: TimelineItem;
  items: TimelineItem[];
}

/** Stripe reports one payment in several events, within seconds. */
const togetherMs = 10_000;
/** A page shows about this many rows, so that it stays short. */
const maxRows = 30;

/**
 * Folds the timeline into rows: Stripe events and webhooks into the entry that they caused or follow from, what Stripe
 * reports within seconds into one row, and usage in a row of one local day into one row.
 */
export function foldTimeline(items: TimelineItem[], zone: string): Happening[] {
  const listed = new Set(items.filter(isEntry).map(({ entry }) => entry.sequence));
  const groups: TimelineItem[][] = [];
  for (const item of items) {
    if (isFolded(item, listed)) continue;
    const current = groups.at(-1);
    if (current !== undefined && continues(current, item, zone)) current.push(item);
    else groups.push([item]);
  }
  return groups.map((group) => ({ lead: findLead(group), items: group }));
}

/**
 * Returns the rows of a page. `rest` is where the next page begins if rows are left out: rows of one moment stay together,
 * since the next page lists what is older.
 */
export function cutRows(rows: Happening[]): {
  shown: Happening[];
  rest: { sequence: number; at: number } | null;
} {
  let end = maxRows;
  while (end < rows.length && timeOf(rows[end]) === lastTimeOf(rows[end - 1])) end++;
  const shown = rows.slice(0, end);
  const oldest = shown.flatMap(({ items }) => items.filter(isEntry)).at(-1)?.entry;
  if (end >= rows.length || oldest === undefined) return { shown: rows, rest: null };
  return { shown, rest: { sequence: oldest.sequence, at: lastTimeOf(shown.at(-1)) ?? oldest.at } };
}

const timeOf = (row: Happening | undefined) => row?.items[0]?.at;
const lastTimeOf = (row: Happening | undefined) => row?.items.at(-1)?.at;

/** Groups rows by their local day, newest first. */
export function groupByDay(rows: Happening[], zone: string): { at: number; rows: Happening[] }[] {
  const days: { at: number; rows: Happening[] }[] = [];
  for (const row of rows) {
    const { at } = row.lead;
    const day = days.at(-1);
    if (day !== undefined && toDayKey(day.at, zone) === toDayKey(at, zone)) day.rows.push(row);
    else days.push({ at, rows: [row] });
  }
  return days;
}

export const isEntry = (item: TimelineItem): item is EntryItem => item.type === "entry";

const flipOf = (item: TimelineItem): FlipView | null => ("flip" in item ? item.flip : null);

/** The Stripe events of a row, each once, newest first. */
export function listEvents({ items }: Happening): CustomerStripeEvent[] {
  const events = items.flatMap((item) => {
    if (item.type === "stripe") return [item.event];
    return item.type === "entry" && item.event !== null ? [item.event] : [];
  });
  return events.filter(
    (event, index) => events.findIndex(({ eventId }) => eventId === event.eventId) === index,
  );
}

export const listDeliveries = ({ items }: Happening): CustomerDelivery[] =>
  items.filter(isEntry).flatMap(({ deliveries }) => deliveries);

/** Whether the row of a listed entry shows the item. */
function isFolded(item: TimelineItem, listed: ReadonlySet<number>): boolean {
  if (item.type === "webhook") return item.delivery.sequence !== null && listed.has(item.delivery.sequence);
  return item.type === "stripe" && item.caused.some((sequence) => listed.has(sequence));
}

function continues(group: TimelineItem[], item: TimelineItem, zone: string): boolean {
  const last = group.at(-1);
  if (last === undefined) return false;
  if (isUsage(last) && isUsage(item)) return toDayKey(last.at, zone) === toDayKey(item.at, zone);
  const changesAccessAgain = flipOf(item) !== null && group.some((each) => flipOf(each) !== null);
  return isFromStripe(last) && isFromStripe(item) && last.at - item.at <= togetherMs && !changesAccessAgain;
}

/** A use of units that left access as it was. */
const isUsage = (item: TimelineItem): boolean =>
  isEntry(item) && isUsageEntry(item.entry) && item.flip === null;

const isFromStripe = (item: TimelineItem): boolean =>
  item.type === "stripe" || (isEntry(item) && item.entry.cause.type.startsWith("stripe_"));

const findLead = (group: TimelineItem[]): TimelineItem =>
  (group.find((item) => flipOf(item) !== null) ?? group.find(isEntry) ?? group[0]) as TimelineItem;
