import type { Context } from "../context.ts";
import { invalidRequest } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import { buildEvidence } from "./dispute-evidence.ts";

type Dispute = StripeObjects["dispute"];

/** An inquiry (`warning_…`) withdraws no funds. `prevented` was resolved before it became a dispute. */
export const openingStatuses = ["needs_response", "warning_needs_response", "prevented"] as const;

/** Allowed transitions. A status without an entry is final. */
const transitions: Record<string, string[]> = {
  needs_response: ["under_review", "won", "lost"],
  under_review: ["won", "lost"],
  warning_needs_response: ["warning_under_review", "warning_closed", "needs_response"],
  warning_under_review: ["warning_closed", "needs_response"],
};

export const laterStatuses = [
  "under_review",
  "won",
  "lost",
  "warning_under_review",
  "warning_closed",
  "needs_response",
] as const;

const daySeconds = 86_400;

export interface DisputeOrder {
  /** Defaults to the whole charge. */
  amount: number | undefined;
  status: (typeof openingStatuses)[number];
}

export function openDispute(context: Context, charge: StripeObjects["charge"], order: DisputeOrder): Dispute {
  const amount = order.amount ?? charge.amount;
  if (charge.status !== "succeeded" || amount > charge.amount) {
    throw invalidRequest(
      `Charge ${charge.id} (${charge.status}, ${charge.amount}) can't be disputed for ${amount}.`,
    );
  }
  const dispute: Dispute = {
    id: newId("du"),
    object: "dispute",
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: context.now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: buildEvidence(charge.billing_details.email),
    evidence_details: {
      due_by: context.now + 9 * daySeconds,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: "not_submitted",
    },
    intended_submission_method: null,
    is_charge_refundable: order.status !== "needs_response",
    livemode: context.scope.livemode,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand: "visa",
        case_type: caseType(order.status),
        network: "visa",
        network_reason_code: "13.1",
      },
      type: "card",
    },
    reason: "product_not_received",
    status: order.status,
  };
  context.objects.insert(dispute, { created: context.now, parent: charge.id });
  emitEvent(context, "charge.dispute.created", dispute);
  changeObject(context, "charge.updated", charge, { ...charge, disputed: true });
  if (order.status === "needs_response") emitEvent(context, "charge.dispute.funds_withdrawn", dispute);
  if (order.status === "prevented") emitEvent(context, "charge.dispute.closed", dispute);
  return dispute;
}

export function moveDispute(
  context: Context,
  dispute: Dispute,
  status: (typeof laterStatuses)[number],
): Dispute {
  if (transitions[dispute.status]?.includes(status) !== true) {
    throw invalidRequest(`A dispute that is ${dispute.status} can't become ${status}.`, { param: "status" });
  }
  const escalated = status === "needs_response";
  const updated = changeObject(context, "charge.dispute.updated", dispute, {
    ...dispute,
    status,
    is_charge_refundable:
      escalated || status === "lost" ? false : dispute.is_charge_refundable || status === "won",
  });
  if (escalated) emitEvent(context, "charge.dispute.funds_withdrawn", updated);
  if (status === "won") emitEvent(context, "charge.dispute.funds_reinstated", updated);
  if (transitions[status] === undefined) emitEvent(context, "charge.dispute.closed", updated);
  return updated;
}

function caseType(status: DisputeOrder["status"]): string {
  if (status === "prevented") return "resolution";
  return status === "needs_response" ? "chargeback" : "inquiry";
}
