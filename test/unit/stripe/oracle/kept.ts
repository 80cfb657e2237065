import type { Item, Subscription, SubscriptionState } from "../model/truth.ts";
import type { Billing } from "./items.ts";
import type { Coverage } from "./lines.ts";

/** What a paid line gave, and the items that it belongs to now. */
interface Right {
  line: Coverage;
  holders: ReadonlySet<string>;
}

/**
 * Returns the paid lines that stay usable while the subscription waits for a payment, by playing its history:
 * a payment gives a right, which lasts until a change that was paid, or that needed no payment, takes it
 * away. `since` is when the subscription became past due.
 */
export function findKeptLines(
  { states }: Subscription,
  billing: Billing,
  coverage: Coverage[],
  since: number | null,
): Coverage[] {
  if (since === null) return [];
  const last = states.at(-1);
  const isFinal = ({ itemId, product }: Coverage) =>
    last?.items.some(({ id, price }) => id === itemId && billing.productAt(id, price) === product) === true;
  let rights: Right[] = [];
  for (const [index, state] of states.entries()) {
    rights = rights.flatMap((right) => carryOver(right, states[index - 1] ?? state, state));
    for (const line of coverage.filter((each) => each.state === index)) {
      rights = rights.filter((right) => !isReplaced(right, line, isFinal(line)));
      rights.push({ line, holders: new Set([line.itemId]) });
    }
  }
  return rights.map(({ line }) => line).filter(({ isRemoved, end }) => !isRemoved && end > since);
}

/** Another product was paid for the same place. Of two payments of one second, the final product's counts. */
function isReplaced({ line, holders }: Right, paid: Coverage, isFinal: boolean): boolean {
  if (!holders.has(paid.itemId) || paid.product === line.product) return false;
  return paid.start > line.start || (paid.start === line.start && isFinal);
}

/** Returns the right as the change from one state to the next leaves it, or none. */
function carryOver({ line, holders }: Right, before: SubscriptionState, after: SubscriptionState): Right[] {
  if (isNextPeriod(line, before, after)) return [];
  const next = passOn(holders, before, after);
  return next.size === 0 ? [] : [{ line, holders: next }];
}

/** Returns the holders of a place after a change. Items that come as the last holder goes take its place. */
export function passOn(
  holders: ReadonlySet<string>,
  before: SubscriptionState,
  after: SubscriptionState,
): ReadonlySet<string> {
  const [billedBefore, billed] = [listBilled(before), listBilled(after)];
  const staying = [...holders].filter((id) => billed.includes(id));
  const coming = billed.filter((id) => !billedBefore.includes(id));
  return new Set(staying.length > 0 ? staying : coming);
}

/**
 * The line's item continues with the period after the line's, at the same price: that period is what is due.
 */
function isNextPeriod(line: Coverage, before: SubscriptionState, after: SubscriptionState): boolean {
  const [former, present] = [before, after].map(({ items }) =>
    items.find(({ id, price }) => id === line.itemId && price === line.price),
  );
  if (former === undefined || present === undefined) return false;
  return former.periodEnd <= line.end && present.periodEnd > line.end;
}

const listBilled = ({ items }: SubscriptionState): string[] => items.filter(isBilled).map(({ id }) => id);

const isBilled = ({ quantity }: Item): boolean => quantity > 0;
