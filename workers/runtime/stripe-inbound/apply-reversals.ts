import type { ReversalFact } from "../../../shared/domain/merge-payment.ts";
import type { PaymentReference, ReversalTold } from "../../../shared/stripe/read-reversal.ts";
import { type OwnedPayment, ownerOfPayment } from "./find-owner.ts";
import type { Inbound } from "./inbound.ts";
import { type Applied, mergeFacts } from "./merge-facts.ts";

/** Merges refunds or disputes, all of one payment: they touch the purchase that it paid for and no other. */
export async function applyReversals(
  inbound: Inbound,
  told: ReversalTold[],
  payment: PaymentReference,
): Promise<Applied> {
  const owned = await ownerOfPayment(inbound, payment);
  // A payment is remembered together with what took it back, or not at all: its record has the invoice that it paid.
  if (told.length === 0) return { subjectRef: owned.owner.subjectRef, changes: 0 };
  return mergeFacts(
    inbound,
    owned.owner,
    told.map((reversal) => reversalFact(owned, reversal)),
    { customerId: null, stripeIds: [owned.paymentIntentId, payment.chargeId] },
  );
}

export function reversalFact(
  { paymentIntentId, invoice }: Omit<OwnedPayment, "owner">,
  told: ReversalTold,
): ReversalFact {
  return told.type === "refund"
    ? { type: "refund", paymentIntentId, invoice, refund: told.refund }
    : { type: "dispute", paymentIntentId, invoice, dispute: told.dispute };
}
