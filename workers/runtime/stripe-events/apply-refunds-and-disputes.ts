import type { ReversalFact } from "../../../shared/domain/merge-reversal.ts";
import type { ParsedReversal, PaymentReference } from "../../../shared/stripe/parse-reversal.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { findPaymentOwner, type OwnedPayment } from "./find-owner.ts";
import { type ApplyResult, mergeFacts } from "./merge-facts.ts";

/** Merges refunds or disputes of one payment. They affect the purchase that it paid for and no other. */
export async function applyReversals(
  context: ConnectionContext,
  reversals: ParsedReversal[],
  payment: PaymentReference,
): Promise<ApplyResult> {
  const found = await findPaymentOwner(context, payment);
  if (found.outcome !== "owner") return found;
  const { owner, paymentIntentId } = found;
  // Without a reversal the payment is not recorded either: its record must include the invoice that it paid.
  if (reversals.length === 0) return { outcome: "merged", subjectRef: owner.subjectRef, changes: 0 };
  return mergeFacts(
    context,
    owner,
    reversals.map((reversal) => buildReversalFact(found, reversal)),
    { customerId: null, stripeIds: [paymentIntentId, payment.chargeId] },
  );
}

export function buildReversalFact(
  { paymentIntentId, invoice }: Omit<OwnedPayment, "owner">,
  reversal: ParsedReversal,
): ReversalFact {
  return reversal.type === "refund"
    ? { type: "refund", paymentIntentId, invoice, refund: reversal.refund }
    : { type: "dispute", paymentIntentId, invoice, dispute: reversal.dispute };
}
