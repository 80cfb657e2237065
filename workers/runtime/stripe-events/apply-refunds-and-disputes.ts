import type { ReversalFact } from "../../../shared/domain/merge-reversal.ts";
import type { ParsedReversal, PaymentReference } from "../../../shared/stripe/parse-reversal.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { findPaymentOwner, type OwnedPayment, type UnlinkedPayment } from "./find-owner.ts";
import { type ApplyResult, buildPaidInvoice, mergeFacts } from "./merge-facts.ts";

/** Merges refunds or disputes of one payment. They affect the purchase that it paid for and no other. */
export async function applyReversals(
  context: ConnectionContext,
  reversals: ParsedReversal[],
  payment: PaymentReference,
): Promise<ApplyResult | UnlinkedPayment> {
  const found = await findPaymentOwner(context, payment);
  if (found.outcome !== "owner") return found;
  const { owner, paymentIntentId, invoice } = found;
  // Without a reversal the payment is not recorded either: its record must include the invoice that it paid.
  if (reversals.length === 0) return { outcome: "merged", subjectRef: owner.subjectRef, changes: 0 };
  const facts = await buildReversalFacts(context, found, reversals);
  const ofInvoice = invoice === null ? [] : [invoice.invoiceId, invoice.subscriptionId];
  const stripeIds = [paymentIntentId, payment.chargeId, ...ofInvoice];
  return mergeFacts(context, owner, facts, { customerId: invoice?.customerId ?? null, stripeIds });
}

/** Builds the facts of a payment's refunds and disputes, with the invoice that the payment paid. */
export async function buildReversalFacts(
  context: ConnectionContext,
  { paymentIntentId, invoice: parsed }: Omit<OwnedPayment, "owner">,
  reversals: ParsedReversal[],
): Promise<ReversalFact[]> {
  const subscriptionId = parsed?.subscriptionId ?? null;
  const invoice =
    parsed === null || subscriptionId === null
      ? null
      : await buildPaidInvoice(context, subscriptionId, parsed);
  return reversals.map((reversal) =>
    reversal.type === "refund"
      ? { type: "refund", paymentIntentId, invoice, refund: reversal.refund }
      : { type: "dispute", paymentIntentId, invoice, dispute: reversal.dispute },
  );
}
