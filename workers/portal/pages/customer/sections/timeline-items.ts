import type {
  CustomerView,
  EntryView,
  FlipView,
  NoticeView,
} from "../../../../../shared/contract/operations/customer-views.ts";
import { usageOperations } from "../../../../../shared/domain/ledger.ts";
import type {
  CustomerCheckoutAttempt,
  CustomerDelivery,
  CustomerLists,
  CustomerStripeEvent,
} from "../../../db/customer.ts";
import type { CustomerRecoveryLink } from "../../../db/recovery-links.ts";

/** The filters of the timeline. */
export const timelineFilterLabels = {
  access: "Access changes",
  changes: "Entitlement changes",
  usage: "Usage",
  manual: "Manual actions",
  stripe: "Stripe events",
  checkouts: "Checkouts",
  recovery: "Recovery links",
  webhooks: "Webhooks",
} as const;
export type TimelineFilter = keyof typeof timelineFilterLabels;

/** What time alone did to an entitlement. */
export type ClockCause = Extract<FlipView["cause"], { type: "clock" }>;

/** A link to the way back, at the moment that it was created, opened or led to a payment. */
export interface RecoveryMoment {
  link: CustomerRecoveryLink;
  moment: "created" | "opened" | "paid";
}

/** One item of the timeline, linked to its causes and effects. `at` is in milliseconds since 1970. */
export type TimelineItem =
  | {
      type: "entry";
      at: number;
      entry: EntryView;
      flip: FlipView | null;
      /** What it did to the balance, or to an end, that endpoints can subscribe to. */
      notices: NoticeView[];
      /** The Stripe event that caused it, if it is among those read. */
      event: CustomerStripeEvent | null;
      deliveries: CustomerDelivery[];
    }
  | { type: "clock"; at: number; flip: FlipView; cause: ClockCause }
  | { type: "notice"; at: number; notice: NoticeView }
  | { type: "stripe"; at: number; event: CustomerStripeEvent; caused: number[] }
  | { type: "checkout"; at: number; attempt: CustomerCheckoutAttempt }
  | ({ type: "recovery"; at: number } & RecoveryMoment)
  | { type: "webhook"; at: number; delivery: CustomerDelivery };

/** Order of items in the same millisecond: effect before cause, since the list is newest first. */
const order: Record<TimelineItem["type"], number> = {
  webhook: 0,
  recovery: 0,
  entry: 1,
  clock: 1,
  notice: 1,
  stripe: 2,
  checkout: 3,
};

/** Merges all items into one list, newest first, back to the oldest ledger entry of this page. */
export function buildTimelineItems(customer: CustomerView, lists: CustomerLists): TimelineItem[] {
  const { entries, entriesBefore } = customer;
  const flips = customer.flips ?? [];
  const items: TimelineItem[] = [
    ...entries.map((entry) => ({
      type: "entry" as const,
      at: entry.at,
      entry,
      flip: flips.find(({ cause }) => cause.type === "entry" && cause.sequence === entry.sequence) ?? null,
      notices: customer.notices.filter((each) => !each.byClock && each.sequence === entry.sequence),
      event: lists.stripeEvents.find(({ eventId }) => eventId === entry.cause.id) ?? null,
      deliveries: lists.deliveries.filter(({ sequence }) => sequence === entry.sequence),
    })),
    ...flips.flatMap((flip) =>
      flip.cause.type === "clock"
        ? [{ type: "clock" as const, at: flip.after.at, flip, cause: flip.cause }]
        : [],
    ),
    ...customer.notices.flatMap((notice) =>
      notice.byClock ? [{ type: "notice" as const, at: notice.at, notice }] : [],
    ),
    ...lists.stripeEvents.map((event) => ({
      type: "stripe" as const,
      at: event.receivedAt,
      event,
      caused: entries.filter(({ cause }) => cause.id === event.eventId).map(({ sequence }) => sequence),
    })),
    ...lists.attempts.map((attempt) => ({ type: "checkout" as const, at: attempt.createdAt, attempt })),
    ...lists.recoveryMoments.map((moment) => ({ type: "recovery" as const, ...moment })),
    ...lists.deliveries.map((delivery) => ({ type: "webhook" as const, at: delivery.occurredAt, delivery })),
  ];
  const since = entriesBefore === null ? Number.NEGATIVE_INFINITY : (entries.at(-1)?.at ?? 0);
  return items
    .filter(({ at }) => at >= since)
    .toSorted((a, b) => b.at - a.at || order[a.type] - order[b.type] || placeInLedger(b) - placeInLedger(a));
}

/** Orders entries, and what time alone did after them. */
function placeInLedger(item: TimelineItem): number {
  if (item.type === "entry") return item.entry.sequence;
  if (item.type === "notice") return item.notice.sequence + 0.5;
  return item.type === "clock" ? item.flip.after.sequence + 0.5 : 0;
}

/** Returns whether the customer's own use made the entry: a consume, or a change of a reservation. */
export function isUsageEntry({ operation }: EntryView): boolean {
  return operation === "reverse" || (usageOperations as readonly string[]).includes(operation);
}

export function matchesFilter(item: TimelineItem, kind: TimelineFilter): boolean {
  switch (item.type) {
    case "stripe":
      return kind === "stripe";
    case "checkout":
      return kind === "checkouts";
    case "recovery":
      return kind === "recovery";
    case "webhook":
      return kind === "webhooks";
    case "clock":
      return kind === "access";
    case "notice":
      return kind === "changes";
    case "entry":
      return listEntryKinds(item).includes(kind);
  }
}

function listEntryKinds({ entry, flip }: Extract<TimelineItem, { type: "entry" }>): TimelineFilter[] {
  const kind = isUsageEntry(entry) ? "usage" : "changes";
  return [
    kind,
    ...(entry.manual === null ? [] : ["manual" as const]),
    ...(flip === null ? [] : ["access" as const]),
  ];
}
