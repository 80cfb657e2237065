import type { InvoiceFact } from "../../../shared/domain/decide-stripe.ts";
import type { ParsedInvoice } from "../../../shared/stripe/parse-invoice.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { buildCheckoutOrigin, findSubscriptionOwner, foreign, type Owner } from "./find-owner.ts";
import { type ApplyResult, mergeFacts, readSubscriptionFact } from "./merge-facts.ts";

/**
 * Records the result of a subscription's invoice, and reads the subscription from Stripe: an invoice does not
 * contain its status.
 */
export async function applyInvoice(context: ConnectionContext, invoice: ParsedInvoice): Promise<ApplyResult> {
  const { subscriptionId, customerId, invoiceId } = invoice;
  if (subscriptionId === null) return foreign("invoice without a subscription");
  const found = await findSubscriptionOwner(context, subscriptionId, invoice.ours);
  if (found.outcome !== "owner") return found;
  const { owner } = found;
  const facts = [
    await readSubscriptionFact(context, owner, subscriptionId),
    buildInvoiceFact(owner, subscriptionId, invoice),
  ];
  return mergeFacts(context, owner, facts, { customerId, stripeIds: [subscriptionId, invoiceId] });
}

export function buildInvoiceFact(owner: Owner, subscriptionId: string, invoice: ParsedInvoice): InvoiceFact {
  const { invoiceId, outcome, periodEnd, customerId } = invoice;
  return {
    type: "invoice",
    invoiceId,
    subscriptionId,
    outcome,
    periodEnd,
    origin: buildCheckoutOrigin(owner, customerId),
  };
}
