import type { ParsedInvoice } from "../../../shared/stripe/parse-invoice.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { findSubscriptionOwner, foreign } from "./find-owner.ts";
import { type ApplyResult, buildInvoiceFact, mergeFacts, readSubscriptionFact } from "./merge-facts.ts";

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
    await buildInvoiceFact(context, owner, subscriptionId, invoice),
  ];
  return mergeFacts(context, owner, facts, { customerId, stripeIds: [subscriptionId, invoiceId] });
}
