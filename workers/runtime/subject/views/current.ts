import { decideAccess } from "../../../../shared/domain/decision.ts";
import type { Entitlement } from "../../../../shared/domain/entitlement.ts";
import { applyLapses } from "../../../../shared/domain/lapse.ts";
import { getUsageRemaining } from "../../../../shared/domain/lots.ts";
import { decideProducts } from "../../../../shared/domain/product-decision.ts";
import { sumByLot } from "../../../../shared/domain/reservation.ts";
import type { DecisionAt, ProductDecisionsAt, SubjectSnapshot } from "../rpc-types.ts";
import type { SubjectStore } from "../storage/store.ts";

/** Reads of the present. They write nothing, so they apply the lapses that no entry records yet in memory. */

export function decideNow(store: SubjectStore, now: number): DecisionAt {
  const { entitlements, ...moment } = readEntitlements(store, now);
  return { decision: decideAccess(entitlements.values(), moment.at), ...moment };
}

export function decideProductsNow(
  store: SubjectStore,
  productCodes: readonly string[],
  now: number,
): ProductDecisionsAt {
  const { entitlements, ...moment } = readEntitlements(store, now);
  return { ...decideProducts(entitlements.values(), productCodes, moment.at), ...moment };
}

function readEntitlements(store: SubjectStore, now: number) {
  const { head, ...state } = store.state();
  const at = Math.max(now, head.at);
  return { entitlements: applyLapses(state, head.at, at).entitlements, sequence: head.sequence, at };
}

/** Returns the entitlements and balances at the moment of `decision`. */
export function readSnapshot(store: SubjectStore, decision: DecisionAt): SubjectSnapshot {
  const { at } = decision;
  const { head, ...state } = store.state();
  const { entitlements, reservations } = applyLapses(state, head.at, at);
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
