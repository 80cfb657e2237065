import type { Hold } from "./entitlement.ts";

/** A hold as its cause implies it. Only operators lift holds. */
export type ImpliedHold = Required<Pick<Hold, "causeId" | "reason" | "placedAt" | "window">> & {
  /**
   * Ids under which a hold on the same payment may have been kept before: another payment of the invoice, or the
   * dispute that was lost.
   */
  formerCauseIds?: string[];
};

/**
 * Replaces the holds with the implied ones and keeps `liftedAt`: an event must not undo an operator's lift. A
 * lift covers what happened at Stripe before it. If the lifted refund fails and a later one takes the money, or
 * the lifted dispute is lost later, the hold blocks again.
 */
export function updateHolds(before: Hold[], implied: ImpliedHold[]): Hold[] {
  return implied
    .toSorted((a, b) => (a.causeId < b.causeId ? -1 : 1))
    .map(({ formerCauseIds = [], ...hold }) => {
      const causeIds = [hold.causeId, ...formerCauseIds];
      const lifted = before.find(
        ({ causeId, placedAt, liftedAt }) =>
          liftedAt !== null &&
          causeIds.includes(causeId) &&
          ((hold.causeId === causeId && hold.placedAt === placedAt) || hold.placedAt <= liftedAt),
      );
      return { ...hold, liftedAt: lifted?.liftedAt ?? null };
    });
}
