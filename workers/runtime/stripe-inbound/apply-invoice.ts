import type { InvoiceFact } from "../../../shared/domain/decide-stripe.ts";
import type { InvoiceTold } from "../../../shared/stripe/read-invoice.ts";
import { NotOurs, type Owner, originOf, ownerOfSubscription } from "./find-owner.ts";
import type { Inbound } from "./inbound.ts";
import { type Applied, mergeFacts, subscriptionNow } from "./merge-facts.ts";

/** Notes what became of a subscription's invoice, and reads the subscription again: an invoice does not tell its status. */
export async function applyInvoice(inbound: Inbound, told: InvoiceTold): Promise<Applied> {
  const { subscriptionId, customerId, invoiceId } = told;
  // One-off invoices of a customer say nothing of any subscription.
  if (subscriptionId === null) throw new NotOurs("an invoice without a subscription");
  const owner = await ownerOfSubscription(inbound, subscriptionId, told.ours);
  const facts = [
    await subscriptionNow(inbound, owner, subscriptionId),
    invoiceFact(owner, subscriptionId, told),
  ];
  return mergeFacts(inbound, owner, facts, { customerId, stripeIds: [subscriptionId, invoiceId] });
}

export function invoiceFact(owner: Owner, subscriptionId: string, told: InvoiceTold): InvoiceFact {
  const { invoiceId, outcome, periodEnd, customerId } = told;
  return {
    type: "invoice",
    invoiceId,
    subscriptionId,
    outcome,
    periodEnd,
    origin: originOf(owner, customerId),
  };
}
