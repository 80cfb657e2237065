import { buildEntitlement } from "../../../shared/domain/build-entitlement.ts";
import { decideManualAction } from "../../../shared/domain/decide-manual-action.ts";
import { decideStripe } from "../../../shared/domain/decide-stripe.ts";
import { dayMs, type Moment, type Purchase } from "../../../shared/domain/entitlement.ts";
import type { EntryDraft, ManualAction, SubjectState } from "../../../shared/domain/ledger.ts";
import { deriveId } from "../../../shared/kit/ids.ts";
import type { TestProduct } from "./products.ts";

/** What a paid checkout grants. A subscription is active for 30 days and then renews nothing by itself. */
export function grantPaid(
  subjectName: string,
  state: SubjectState,
  product: TestProduct,
  attemptId: string,
  now: Moment,
): EntryDraft | null {
  const deriveEntitlementId = (source: string) => deriveId("ent", `${subjectName}/${source}`);
  const purchase: Purchase = {
    attemptId,
    checkoutSessionId: `cs_test_${attemptId}`,
    paymentIntentId: product.kind === "subscription" ? null : `pi_${attemptId}`,
    subscriptionId: product.kind === "subscription" ? `sub_${attemptId}` : null,
    customerId: `cus_${attemptId}`,
    amountTotal: null,
    currency: null,
    metadata: {},
  };
  if (product.kind === "subscription") {
    const entitlement = buildEntitlement(
      {
        entitlementId: deriveEntitlementId(attemptId),
        kind: "subscription",
        productCode: product.code,
        source: "stripe",
        paidAt: now,
        paidThrough: now + 30 * dayMs,
        currentPeriodEnd: now + 30 * dayMs,
        cancelAtPeriodEnd: false,
        purchase,
      },
      now,
    );
    return entry("subscription", "stripe", "subscription_created", [{ entitlement, units: [] }]);
  }
  const decision = decideStripe(
    state,
    {
      type: "purchase",
      paidAt: now,
      paidAtFrom: "event",
      purchase,
      terms: {
        kind: product.kind,
        productCode: product.code,
        units: product.kind === "usage_pack" ? product.units : null,
        durationDays: product.kind === "time_pass" ? product.durationDays : null,
        expiresAfterDays: product.kind === "usage_pack" ? (product.expiresAfterDays ?? null) : null,
      },
    },
    { type: "stripe_event", id: `evt_${attemptId}`, eventType: "checkout.session.completed" },
    { graceDays: 0, deriveEntitlementId },
    now,
  );
  return decision.outcome === "change" ? decision.draft : null;
}

/** What an operator's action changes. Throws where the rules refuse it. */
export function actManually(
  subjectName: string,
  state: SubjectState,
  action: ManualAction,
  actionId: string,
  now: Moment,
): EntryDraft {
  const deriveEntitlementId = (source: string) => deriveId("ent", `${subjectName}/${source}`);
  const decision = decideManualAction(state, action, { actionId, deriveEntitlementId }, now);
  if (decision.outcome === "refused") throw new Error(`The action is refused: ${decision.code}.`);
  const { operation, touched } = decision;
  return entry(operation, "portal", "support", touched);
}

function entry(
  operation: EntryDraft["operation"],
  source: EntryDraft["source"],
  reason: string,
  touched: EntryDraft["touched"],
): EntryDraft {
  return {
    operation,
    touched,
    records: [],
    source,
    reason,
    actor: null,
    idempotency: null,
    cause: { type: "operator", actorName: "test", action: null, undoes: null },
  };
}
