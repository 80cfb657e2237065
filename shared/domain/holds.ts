import type { Hold } from "./entitlement.ts";

/** A hold as its cause implies it. Only operators lift holds. */
export type ImpliedHold = Required<Pick<Hold, "causeId" | "reason" | "placedAt" | "window">> & {
  /** The payments and disputes of the same purchase or invoice. A hold may have had the id of another one. */
  relatedCauseIds: string[];
};

/**
 * Replaces the holds with the implied ones and keeps `liftedAt`: an event must not undo an operator's lift. A
 * lift covers what happened at Stripe before it, also where Stripe reports it later. If the lifted refund
 * fails and a later one takes the money, or the lifted dispute is lost later, the hold blocks again.
 */
export function updateHolds(before: Hold[], implied: ImpliedHold[]): Hold[] {
  return implied
    .toSorted((a, b) => (a.causeId < b.causeId ? -1 : 1))
    .map(({ relatedCauseIds, ...hold }) => {
      const known = before.find(({ causeId }) => causeId === hold.causeId);
      const lifted = before.find(({ causeId, placedAt, liftedAt }) => {
        if (liftedAt === null) return false;
        if (causeId === hold.causeId) return placedAt === hold.placedAt || hold.placedAt <= liftedAt;
        // The operator saw this hold, and lifted the other one alone.
        if (known?.liftedAt === null && known.placedAt <= liftedAt) return false;
        return relatedCauseIds.includes(causeId) && hold.placedAt <= liftedAt;
      });
      return { ...hold, liftedAt: lifted?.liftedAt ?? null };
    });
}
