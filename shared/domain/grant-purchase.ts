import { dayMs, type Entitlement, type GrantTerms, type Moment, type Purchase } from "./entitlement.ts";
import type { Cause, Entitlements, EntryDraft, Touched } from "./ledger.ts";
import { withPassWindows } from "./pass-windows.ts";

/** A one-time purchase that Stripe says is paid. */
export interface GrantPurchaseCommand {
  /** Derived from the checkout session, so that whoever grants it, in whatever order, makes the same entitlement. */
  entitlementId: string;
  terms: GrantTerms;
  paidAt: Moment;
  purchase: Purchase;
  cause: Cause;
}

export type GrantPurchaseDecision =
  | { outcome: "unchanged"; why: "already_granted" }
  | { outcome: "change"; draft: EntryDraft };

function newEntitlement(command: GrantPurchaseCommand, now: Moment): Entitlement {
  const { terms, paidAt } = command;
  const lotExpiry = terms.expiresAfterDays === null ? null : paidAt + terms.expiresAfterDays * dayMs;
  return {
    entitlementId: command.entitlementId,
    kind: terms.kind,
    productCode: terms.productCode,
    source: "stripe",
    status: "active",
    statusReason: null,
    unitsGranted: terms.units,
    unitsRemaining: terms.units,
    durationDays: terms.durationDays,
    paidAt,
    startsAt: paidAt,
    // A pass gets its window from the queue of all passes of its product.
    expiresAt: terms.kind === "usage_pack" ? lotExpiry : null,
    currentPeriodEnd: null,
    cancelAtPeriodEnd: null,
    graceUntil: null,
    canceledAt: null,
    holds: [],
    purchase: command.purchase,
    createdAt: now,
    updatedAt: now,
  };
}

/** Grants what the checkout attempt froze, once per checkout session however often Stripe tells. */
export function decideGrantPurchase(
  state: Entitlements,
  command: GrantPurchaseCommand,
  now: Moment,
): GrantPurchaseDecision {
  if (state.has(command.entitlementId)) return { outcome: "unchanged", why: "already_granted" };
  const granted = newEntitlement(command, now);
  return {
    outcome: "change",
    draft: {
      operation: "grant",
      touched: granted.kind === "time_pass" ? queuePass(state, granted, now) : [grantOf(granted)],
      source: "stripe",
      reason: "checkout_finalized",
      actor: null,
      idempotency: null,
      cause: command.cause,
    },
  };
}

function grantOf(entitlement: Entitlement): Touched {
  const change = entitlement.unitsRemaining;
  return { entitlement, units: change === null ? null : { movement: "granted", change } };
}

/** The new pass and every older one whose window it moved. */
function queuePass(state: Entitlements, granted: Entitlement, now: Moment): Touched[] {
  const passes = [...state.values()].filter(
    (other) => other.kind === "time_pass" && other.productCode === granted.productCode,
  );
  return withPassWindows([...passes, granted], now)
    .filter((pass) => pass !== state.get(pass.entitlementId))
    .map((pass) => ({ entitlement: pass, units: null }));
}
