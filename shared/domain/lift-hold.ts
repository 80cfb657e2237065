import type { Moment } from "./entitlement.ts";
import type { Entitlements, EntryDraft } from "./ledger.ts";

export interface LiftHoldCommand {
  entitlementId: string;
  /** The Stripe object that caused the hold. */
  causeId: string;
  /** The operator, and why. */
  actor: string;
  reason: string;
}

export type LiftHoldDecision =
  | { outcome: "refused"; code: "no_such_entitlement" | "no_such_hold" }
  | { outcome: "unchanged" }
  | { outcome: "change"; draft: EntryDraft };

/** An operator lets the right be used although its payment is disputed or refunded. Stripe's events don't undo it. */
export function decideLiftHold(
  state: Entitlements,
  { entitlementId, causeId, actor, reason }: LiftHoldCommand,
  now: Moment,
): LiftHoldDecision {
  const entitlement = state.get(entitlementId);
  if (entitlement === undefined) return { outcome: "refused", code: "no_such_entitlement" };
  const hold = entitlement.holds.find((held) => held.causeId === causeId);
  if (hold === undefined) return { outcome: "refused", code: "no_such_hold" };
  if (hold.liftedAt !== null) return { outcome: "unchanged" };
  const holds = entitlement.holds.map((held) => (held === hold ? { ...held, liftedAt: now } : held));
  return {
    outcome: "change",
    draft: {
      operation: "lift_hold",
      touched: [{ entitlement: { ...entitlement, holds, updatedAt: now }, units: [] }],
      records: [],
      source: "portal",
      reason,
      actor,
      idempotency: null,
      cause: { type: "operator" },
    },
  };
}
