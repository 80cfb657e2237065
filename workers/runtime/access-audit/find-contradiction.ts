import type Stripe from "stripe";
import { everyPage, same } from "../stripe-events/read-from-stripe.ts";
import { readCustomerMetadata, readNames } from "./audit-page.ts";
import type { Walk } from "./walk.ts";

/**
 * Returns the subjects that the mapping names for one Stripe customer, if there are several. A report's listed findings are
 * compared with each other before their import; a purchase that is not listed is compared here with its customer's others. An
 * uploaded mapping has one name per customer.
 */
export async function findContradiction(
  walk: Walk,
  { customerId, subjectRef }: { customerId: string | null; subjectRef: string },
): Promise<string[] | null> {
  if (customerId === null) return null;
  const refs = [...new Set([subjectRef, ...(await listNames(walk, customerId))])];
  return refs.length > 1 ? refs : null;
}

async function listNames({ context, mapping }: Walk, customer: string): Promise<string[]> {
  const stripe = await context.stripe();
  switch (mapping.source) {
    case "metadata": {
      const list = (page: Stripe.PaginationParams) =>
        stripe.subscriptions.list({ ...page, customer, expand: ["data.customer"] });
      const subscriptions = await everyPage(list, same);
      return subscriptions.flatMap(({ metadata, customer: expanded }) =>
        readNames(mapping.metadataKey, [metadata, readCustomerMetadata(expanded)]),
      );
    }
    case "client_reference_id": {
      const list = (page: Stripe.PaginationParams) =>
        stripe.checkout.sessions.list({ ...page, customer, status: "complete" });
      const sessions = await everyPage(list, same);
      return sessions.flatMap(({ client_reference_id: name }) => name || []);
    }
    case "csv":
    case "none":
      return [];
  }
}
