import { completeItems } from "./complete-items.ts";
import type { Moment } from "./entitlement.ts";
import {
  hasEnded,
  type Observation,
  type SubscriptionItem,
  type SubscriptionRecord,
} from "./stripe-record.ts";

/** A product that an item of an observation bills. */
export interface BilledProduct {
  currentPeriodEnd: Moment | null;
  isUnknownPrice: boolean;
}

/** One observation of a subscription, with the products that its items bill. */
export interface Phase {
  observation: Observation;
  products: Map<string, BilledProduct>;
  /** The product of each item, by item id and price id. Includes items that bill nothing at present. */
  items: Map<string, ItemProduct>;
}

interface ItemProduct {
  item: SubscriptionItem;
  /** The product of its price. */
  productCode: string | null;
  /** The product that the item billed last, with a quantity above 0. An unknown price keeps it. */
  lastBilled: string | null;
}

/** The difference between Stripe's time of the subscription's start and of its first item, at most. */
const originalItemMs = 60_000;

/**
 * Resolves the product of each item in each observation, oldest first. A price that belongs to no product
 * keeps the product that the same item billed before. A new item with such a price bills no product.
 */
export function buildPhases(record: SubscriptionRecord): Phase[] {
  const phases: Phase[] = [];
  for (const observation of completeItems(record.observations)) {
    const phase: Phase = { observation, products: new Map(), items: new Map() };
    const former = phases.at(-1);
    for (const item of observation.items) {
      const isUnknownPrice = item.productCode === null;
      const codes = isUnknownPrice
        ? findFormerProducts(record, former, observation, item)
        : [item.productCode ?? ""];
      const productCode = codes[0] ?? null;
      const isBilling = item.quantity !== 0;
      const lastBilled = isBilling ? productCode : (former?.items.get(toItemKey(item))?.lastBilled ?? null);
      phase.items.set(toItemKey(item), { item, productCode, lastBilled });
      if (!isBilling) continue;
      for (const productCode of codes) addProduct(phase, productCode, item, isUnknownPrice);
    }
    phases.push(phase);
  }
  return phases;
}

/** An item of an older record has no id. Its price stands for it. */
export const toItemKey = ({ itemId, priceId }: Pick<SubscriptionItem, "itemId" | "priceId">): string =>
  itemId ?? `price ${priceId}`;

/** Of two items with one product, the one with the later period end decides. */
function addProduct(
  { products }: Phase,
  productCode: string,
  { currentPeriodEnd }: SubscriptionItem,
  isUnknownPrice: boolean,
): void {
  const other = products.get(productCode);
  products.set(productCode, {
    currentPeriodEnd: later(other?.currentPeriodEnd ?? null, currentPeriodEnd),
    isUnknownPrice: isUnknownPrice && (other?.isUnknownPrice ?? true),
  });
}

function later(a: Moment | null, b: Moment | null): Moment | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/** Finds the products that an item with an unknown price keeps: one at most, except in older records. */
function findFormerProducts(
  { soldProductCode, invoices }: SubscriptionRecord,
  former: Phase | undefined,
  observation: Observation,
  item: SubscriptionItem,
): string[] {
  const known = former?.items.get(toItemKey(item));
  if (known !== undefined) return known.lastBilled === null ? [] : [known.lastBilled];
  const paid = observation.hasMoreItems ? findPaidProduct(invoices, item) : null;
  if (paid !== null) return [paid];
  const sold = soldProductCode === null ? [] : [soldProductCode];
  if (former === undefined) return isOriginal(observation, item) ? sold : [];
  // An older record does not say which of its products this item billed.
  const isFormerOlder = former.observation.items.some(({ itemId }) => itemId === undefined);
  if (!isFormerOlder || isAddedAfter(former.observation, item)) return [];
  const samePrice = former.items.get(toItemKey({ priceId: item.priceId }))?.productCode ?? null;
  if (samePrice !== null) return [samePrice];
  return former.products.size > 0 ? [...former.products.keys()] : sold;
}

/** Returns the product that the item was last paid for. Events may not show what it billed. */
function findPaidProduct(
  invoices: SubscriptionRecord["invoices"],
  { itemId }: SubscriptionItem,
): string | null {
  const lines = Object.values(invoices).flatMap(({ lines = [] }) => lines);
  const paid = lines.filter((line) => line.itemId === itemId && line.productCode !== null);
  return paid.toSorted((a, b) => a.start - b.start).at(-1)?.productCode ?? null;
}

/**
 * Returns whether the subscription was sold with this item: the only one that is as old as the subscription.
 * Items of an older record have no age.
 */
function isOriginal({ startedAt, items }: Observation, item: SubscriptionItem): boolean {
  if (item.createdAt == null) return true;
  const original = items.filter(({ createdAt }) => (createdAt ?? 0) <= startedAt + originalItemMs);
  return original.length === 1 && original[0] === item;
}

function isAddedAfter({ at }: Observation, { createdAt }: SubscriptionItem): boolean {
  return createdAt != null && createdAt > at;
}

/**
 * Returns the items that bear what an item was paid for at `start`: itself, and when it stops billing, the
 * items that begin to bill in the same change. `hasEnded` when nothing replaced it: a removal needs no
 * payment.
 */
export function findBearers(
  phases: Phase[],
  { itemId, start }: { itemId: string; start: Moment },
): { items: Set<string>; hasEnded: boolean } {
  const isBilledAtStart = (phase: Phase) =>
    phase.observation.at <= start && listBillingItems(phase).includes(itemId);
  // Of several changes in the second of the start, those after the item's own come later.
  const first = phases.findLastIndex(isBilledAtStart);
  const items = new Set([itemId]);
  let present = [itemId];
  for (const [index, phase] of phases.entries()) {
    // Items of an older record have no id.
    if (index < first || phase.observation.items.some((item) => item.itemId === undefined)) continue;
    const billing = listBillingItems(phase);
    const before = listBillingItems(phases[index - 1] ?? phase);
    const kept = present.filter((id) => billing.includes(id));
    present = kept.length > 0 ? kept : billing.filter((id) => !before.includes(id));
    if (present.length === 0) return { items, hasEnded: true };
    for (const id of present) items.add(id);
  }
  return { items, hasEnded: false };
}

function listBillingItems({ items }: Phase): string[] {
  return [...items].filter(([, { item }]) => item.quantity !== 0).map(([id]) => id);
}

/**
 * Returns since when the product was billed without a break: until now, or until it was last billed. `null`: from the first
 * observation, or never.
 */
export function findBilledSince(phases: Phase[], productCode: string): Moment | null {
  const last = phases.findLastIndex(({ products }) => products.has(productCode));
  const without = phases
    .slice(0, Math.max(last, 0))
    .findLastIndex(({ products }) => !products.has(productCode));
  return without === -1 ? null : (phases[without + 1]?.observation.at ?? null);
}

/** Returns when the product's entitlement ended: with the subscription, or when first observed without it. */
export function findProductEnd(phases: Phase[], productCode: string): Moment | null {
  const isOpen = ({ observation, products }: Phase) =>
    products.has(productCode) && !hasEnded(observation.status);
  const ended = phases[phases.findLastIndex(isOpen) + 1];
  if (ended === undefined) return null;
  return ended.products.has(productCode)
    ? (ended.observation.endedAt ?? ended.observation.at)
    : ended.observation.at;
}

export function findLastPeriodEnd(phases: Phase[], productCode: string): Moment | null {
  return (
    phases.findLast(({ products }) => products.has(productCode))?.products.get(productCode)
      ?.currentPeriodEnd ?? null
  );
}
