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
 *
 * Stripe does not show which of several states of one second a payment was for. So a payment counts for the
 * last one that bills its item, and of several payments that for the last product of the second counts.
 */
export function findKeptLines(
  { states }: Subscription,
  billing: Billing,
  coverage: Coverage[],
  since: number | null,
): Coverage[] {
  if (since === null) return [];
  let rights: Right[] = [];
  for (const [index, state] of states.entries()) {
    rights = rights.flatMap((right) => carryOver(right, states[index - 1] ?? state, state));
    for (const line of coverage.filter((each) => findFirstState(states, each) === index)) {
      const rivals = rights.filter((right) => isForSamePlace(right, line));
      const isOutlived = rivals.some((right) => isReplaced(line, right.line, states, billing));
      rights = rights.filter(
        (right) => !rivals.includes(right) || !isReplaced(right.line, line, states, billing),
      );
      if (!isOutlived) rights.push({ line, holders: new Set([line.itemId]) });
    }
  }
  return rights.map(({ line }) => line).filter(({ isRemoved, end }) => !isRemoved && end > since);
}

/** Returns the index of the last state of the line's second that bills its item. */
export function findFirstState(states: SubscriptionState[], { state, itemId }: Coverage): number {
  const second = states[state]?.at;
  const last = states.findLastIndex((each) => each.at === second && listBilled(each).includes(itemId));
  return last === -1 ? state : last;
}

/** Another product was paid for the same place. */
const isForSamePlace = ({ line, holders }: Right, paid: Coverage): boolean =>
  holders.has(paid.itemId) && paid.product !== line.product;

/** Of two payments for one place, the later one counts, or in one second that for the last product. */
function isReplaced(
  { start }: Coverage,
  by: Coverage,
  states: SubscriptionState[],
  billing: Billing,
): boolean {
  if (start !== by.start) return start < by.start;
  const last = states.findLast(({ at }) => at === states[by.state]?.at);
  const item = last?.items.find(({ id }) => id === by.itemId);
  return item !== undefined && billing.productAt(item.id, item.price) === by.product;
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
