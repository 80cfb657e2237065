import type { Subscription } from "../model/truth.ts";
import type { Billing } from "./items.ts";
import type { Coverage } from "./lines.ts";

/**
 * Returns the paid lines that stay usable while the subscription waits for a payment: what was paid, as long
 * as nothing that was paid, or that needed no payment, took it away. `since` is when it became past due.
 */
export function findKeptLines(
  subscription: Subscription,
  billing: Billing,
  coverage: Coverage[],
  since: number | null,
): Coverage[] {
  if (since === null) return [];
  return coverage.filter((line) => {
    if (line.isRemoved || line.end <= since) return false;
    const heirs = findHeirs(subscription, line);
    if (!heirs.some(({ isPresent }) => isPresent)) return false;
    const taken = coverage.filter(
      (other) => other.product !== line.product && heirs.some(({ id }) => id === other.itemId),
    );
    const isFinal = ({ itemId, product }: Coverage) =>
      subscription.states
        .at(-1)
        ?.items.some(({ id, price }) => id === itemId && billing.productAt(id, price) === product) === true;
    return !taken.some((other) => other.start > line.start || (other.start === line.start && isFinal(other)));
  });
}

/**
 * Lists the items that the line's place in the subscription belonged to. Items that come in the change in
 * which the last holder goes take over its place.
 */
function findHeirs(
  { states }: Subscription,
  { itemId, start }: Coverage,
): { id: string; isPresent: boolean }[] {
  const billedIn = (index: number) =>
    new Set(states[index]?.items.filter(({ quantity }) => quantity > 0).map(({ id }) => id));
  const begin = Math.max(
    0,
    states.findLastIndex(({ at }) => at <= start),
  );
  const takeOver = (holders: ReadonlySet<string>, index: number): { id: string; isPresent: boolean }[] => {
    const billed = billedIn(index);
    const staying = new Set([...holders].filter((id) => billed.has(id)));
    const before = billedIn(index - 1);
    const coming = new Set([...billed].filter((id) => index > 0 && !before.has(id)));
    const next = staying.size > 0 ? staying : coming;
    const isLast = index === states.length - 1;
    const own = [...next].map((id) => ({ id, isPresent: isLast }));
    return isLast || next.size === 0 ? own : [...own, ...takeOver(next, index + 1)];
  };
  return [{ id: itemId, isPresent: false }, ...takeOver(new Set([itemId]), begin)];
}
