import type { Context } from "../context.ts";
import { invalidRequest, missingParameter } from "../errors.ts";
import { changeObject, emitEvent } from "../events.ts";
import { newId } from "../ids.ts";
import type { StripeObjects } from "../wire.ts";
import { recordBalance } from "./balance-transaction.ts";
import { buildEvidence } from "./dispute-evidence.ts";

type Dispute = StripeObjects["dispute"];

/**
 * An inquiry (`warning_…`) withdraws no funds. `prevented` was resolved before it became a dispute. `lost` is
 * final at once, as for a bank debit that the payer takes back.
 */
export const openingStatuses = ["needs_response", "warning_needs_response", "prevented", "lost"] as const;

/** Allowed transitions. A lost dispute can be appealed; the other closed ones are final. */
const transitions: Record<string, string[]> = {
  needs_response: ["under_review", "won", "lost"],
  under_review: ["won", "lost"],
  lost: ["appeal_needs_response", "appeal_under_review"],
  appeal_needs_response: ["appeal_under_review", "won", "lost"],
  appeal_under_review: ["won", "lost"],
  warning_needs_response: ["warning_under_review", "warning_closed", "needs_response"],
  warning_under_review: ["warning_closed", "needs_response"],
};

const closedStatuses: readonly string[] = ["won", "lost", "warning_closed", "prevented"];

export const laterStatuses = [
  "under_review",
  "appeal_needs_response",
  "appeal_under_review",
  "won",
  "lost",
  "warning_under_review",
  "warning_closed",
  "needs_response",
] as const;

const daySeconds = 86_400;

export interface DisputeOrder {
  /**
   * Defaults to the whole charge. Stripe disputes less when only a part of an order is disputed, and more
   * or less when exchange rates have moved.
   */
  amount: number | undefined;
  /** Defaults to the charge's. */
  currency?: string | undefined;
  status: (typeof openingStatuses)[number];
}

export function openDispute(context: Context, charge: StripeObjects["charge"], order: DisputeOrder): Dispute {
  const currency = order.currency ?? charge.currency;
  if (charge.status !== "succeeded") {
    throw invalidRequest(`Charge ${charge.id} is ${charge.status}; it can't be disputed.`);
  }
  if (currency !== charge.currency && order.amount === undefined) throw missingParameter("amount");
  const opened: Dispute = {
    id: newId("du"),
    object: "dispute",
    amount: order.amount ?? charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: context.now,
    currency,
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
    is_charge_refundable: !withdrawsFunds(order.status),
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
  context.objects.insert(opened, { created: context.now, parent: charge.id });
  emitEvent(context, "charge.dispute.created", opened);
  changeObject(context, "charge.updated", charge, { ...charge, disputed: true });
  const dispute = withdrawsFunds(order.status)
    ? moveFunds(context, "charge.dispute.funds_withdrawn", opened)
    : opened;
  if (closedStatuses.includes(order.status)) emitEvent(context, "charge.dispute.closed", dispute);
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
  const updated: Dispute = changeObject(context, "charge.dispute.updated", dispute, {
    ...dispute,
    status,
    is_charge_refundable:
      escalated || status === "lost" ? false : dispute.is_charge_refundable || status === "won",
  });
  const moved = escalated
    ? moveFunds(context, "charge.dispute.funds_withdrawn", updated)
    : status === "won"
      ? moveFunds(context, "charge.dispute.funds_reinstated", updated)
      : updated;
  if (closedStatuses.includes(status)) emitEvent(context, "charge.dispute.closed", moved);
  return moved;
}

function withdrawsFunds(status: DisputeOrder["status"]): boolean {
  return status === "needs_response" || status === "lost";
}

/** Takes the disputed funds from the balance, or returns them. */
function moveFunds(
  context: Context,
  type: "charge.dispute.funds_withdrawn" | "charge.dispute.funds_reinstated",
  dispute: Dispute,
): Dispute {
  const isWithdrawal = type === "charge.dispute.funds_withdrawn";
  const transaction = recordBalance(context, isWithdrawal ? "dispute" : "dispute_reversal", {
    ...dispute,
    amount: isWithdrawal ? -dispute.amount : dispute.amount,
  });
  const moved = { ...dispute, balance_transactions: [...dispute.balance_transactions, transaction] };
  context.objects.save(moved);
  emitEvent(context, type, moved);
  return moved;
}

function caseType(status: DisputeOrder["status"]): string {
  if (status === "prevented") return "resolution";
  return withdrawsFunds(status) ? "chargeback" : "inquiry";
}
