import type { CustomerView, EntryView } from "../../../../../shared/contract/operations/customer-views.ts";
import type {
  CustomerCheckoutAttempt,
  CustomerDelivery,
  CustomerLists,
  CustomerStripeEvent,
} from "../../../db/customer.ts";

/** The filters of the timeline. */
export const timelineFilterLabels = {
  access: "Access changes",
  changes: "Entitlement changes",
  usage: "Usage",
  manual: "Manual actions",
  stripe: "Stripe events",
  checkouts: "Checkouts",
  webhooks: "Webhooks",
} as const;
export type TimelineFilter = keyof typeof timelineFilterLabels;

/** One item of the timeline, linked to its causes and effects. `at` is in milliseconds since 1970. */
export type TimelineItem =
  | { type: "entry"; at: number; entry: EntryView; deliveries: CustomerDelivery[] }
  | { type: "stripe"; at: number; event: CustomerStripeEvent; caused: number[] }
  | { type: "checkout"; at: number; attempt: CustomerCheckoutAttempt }
  | { type: "webhook"; at: number; delivery: CustomerDelivery };

/** Order of items in the same millisecond: effect before cause, since the list is newest first. */
const order: TimelineItem["type"][] = ["webhook", "entry", "stripe", "checkout"];

/** Merges all items into one list, newest first, back to the oldest ledger entry of this page. */
export function buildTimelineItems(customer: CustomerView, lists: CustomerLists): TimelineItem[] {
  const { entries, entriesBefore } = customer;
  const items: TimelineItem[] = [
    ...entries.map((entry) => ({
      type: "entry" as const,
      at: entry.at,
      entry,
      deliveries: lists.deliveries.filter(({ sequence }) => sequence === entry.sequence),
    })),
    ...lists.stripeEvents.map((event) => ({
      type: "stripe" as const,
      at: event.receivedAt,
      event,
      caused: entries.filter(({ cause }) => cause.id === event.eventId).map(({ sequence }) => sequence),
    })),
    ...lists.attempts.map((attempt) => ({ type: "checkout" as const, at: attempt.createdAt, attempt })),
    ...lists.deliveries.map((delivery) => ({ type: "webhook" as const, at: delivery.occurredAt, delivery })),
  ];
  const since = entriesBefore === null ? Number.NEGATIVE_INFINITY : (entries.at(-1)?.at ?? 0);
  return items
    .filter(({ at }) => at >= since)
    .toSorted(
      (a, b) => b.at - a.at || order.indexOf(a.type) - order.indexOf(b.type) || compareSequence(a, b),
    );
}

const compareSequence = (a: TimelineItem, b: TimelineItem): number =>
  a.type === "entry" && b.type === "entry" ? b.entry.sequence - a.entry.sequence : 0;

export function matchesFilter(item: TimelineItem, kind: TimelineFilter): boolean {
  switch (item.type) {
    case "stripe":
      return kind === "stripe";
    case "checkout":
      return kind === "checkouts";
    case "webhook":
      return kind === "webhooks";
    case "entry":
      return listEntryKinds(item.entry).includes(kind);
  }
}

function listEntryKinds({ operation, manual, flip }: EntryView): TimelineFilter[] {
  const kind = operation === "consume" ? "usage" : "changes";
  return [
    kind,
    ...(manual === null ? [] : ["manual" as const]),
    ...(flip === null ? [] : ["access" as const]),
  ];
}
