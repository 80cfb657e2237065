import { applyClock } from "../../../../shared/domain/clock-entries.ts";
import { decideAccess } from "../../../../shared/domain/decision.ts";
import type { Entitlement } from "../../../../shared/domain/entitlement.ts";
import { getUsageRemaining } from "../../../../shared/domain/lots.ts";
import { decideProducts } from "../../../../shared/domain/product-decision.ts";
import { sumByLot } from "../../../../shared/domain/reservation.ts";
import { findValidUntil } from "../../../../shared/domain/valid-until.ts";
import type { LeaseState } from "../../replica/lease.ts";
import type { DecisionAt, ProductDecisionsAt, SubjectSnapshot } from "../rpc-types.ts";
import type { SubjectStore } from "../storage/store.ts";

/** Reads of the present. They write nothing, so they apply in memory what time caused and no entry records yet. */

export function decideNow(store: SubjectStore, now: number): DecisionAt {
  const { state, ...moment } = readPresent(store, now);
  return { decision: decideAccess(state.entitlements.values(), moment.at), ...moment };
}

/** The decision, with the time up to which it stays the same. */
export function decideUntil(store: SubjectStore, now: number): LeaseState {
  const { state, ...moment } = readPresent(store, now);
  const decision = decideAccess(state.entitlements.values(), moment.at);
  return { decision, ...moment, validUntil: findValidUntil(state, moment.at) };
}

export function decideProductsNow(
  store: SubjectStore,
  productCodes: readonly string[],
  now: number,
): ProductDecisionsAt {
  const { state, ...moment } = readPresent(store, now);
  return { ...decideProducts(state.entitlements.values(), productCodes, moment.at), ...moment };
}

/** The state with what time caused and no entry records yet, and its moment. */
export function readPresent(store: SubjectStore, now: number) {
  const { head, ...state } = store.state();
  const at = Math.max(now, head.at);
  return { state: applyClock(state, head.at, at), sequence: head.sequence, at };
}

/** Returns the entitlements and balances at the moment of `decision`. */
export function readSnapshot(store: SubjectStore, decision: DecisionAt): SubjectSnapshot {
  const { at } = decision;
  const { head, ...state } = store.state();
  const { entitlements, reservations } = applyClock(state, head.at, at);
  const all = [...entitlements.values()];
  const usageRemaining = getUsageRemaining(all, at);
  return { ...decision, entitlements: all, usageRemaining, reservedByEntitlement: sumByLot(reservations) };
}

/** Returns whether a Stripe subscription to the product is open. Stripe still charges for one that was revoked. */
export function hasOpenSubscription(entitlements: Iterable<Entitlement>, productCode: string): boolean {
  return [...entitlements].some(
    (entitlement) =>
      entitlement.kind === "subscription" &&
      entitlement.source === "stripe" &&
      entitlement.productCode === productCode &&
      (entitlement.status !== "canceled" || entitlement.statusReason === "revoked"),
  );
}
