import Stripe from "stripe";
import { classifyStripeError } from "../../../shared/stripe/client.ts";
import { ApiError } from "../http/api-error.ts";

/** A page of Stripe's, or why there is none. */
export type StripePage =
  | { outcome: "found"; url: string }
  /** The Stripe key lacks the permission, as Stripe's dashboard names it. */
  | { outcome: "forbidden"; permission: string }
  /** Stripe has no such page: no open invoice, a deleted customer, or a portal that was never set up. */
  | { outcome: "none"; message: string };

/** Finds the hosted page of the subscription's newest open invoice. Anybody with its address can pay it. */
export function findInvoicePage(stripe: Stripe, subscriptionId: string): Promise<StripePage> {
  return callForPage("Invoices: Read", async () => {
    const { data } = await stripe.invoices.list({ subscription: subscriptionId, status: "open", limit: 10 });
    return data.find((invoice) => invoice.hosted_invoice_url != null)?.hosted_invoice_url ?? null;
  });
}

/** Opens a session of Stripe's customer portal. It begins where a payment method is entered, or at its overview. */
export function openPortal(
  stripe: Stripe,
  customerId: string,
  returnUrl: string | undefined,
  start: "payment_method" | "overview",
): Promise<StripePage> {
  return callForPage("Customer portal: Write", async () => {
    const { url } = await stripe.billingPortal.sessions.create({
      customer: customerId,
      ...(returnUrl === undefined ? {} : { return_url: returnUrl }),
      ...(start === "overview" ? {} : { flow_data: { type: "payment_method_update" as const } }),
    });
    return url;
  });
}

/** Throws `stripe_error` where Stripe did not answer: an answer about another action would be a guess. */
async function callForPage(permission: string, findUrl: () => Promise<string | null>): Promise<StripePage> {
  try {
    const url = await findUrl();
    return url === null
      ? { outcome: "none", message: "There is no open invoice." }
      : { outcome: "found", url };
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return { outcome: "forbidden", permission };
    const { kind, message } = classifyStripeError(error);
    if (error instanceof Stripe.errors.StripeInvalidRequestError && kind === "refused")
      return { outcome: "none", message };
    const text =
      kind === "refused" ? `Stripe rejected the request: ${message}` : `Could not reach Stripe: ${message}`;
    throw new ApiError("stripe_error", text);
  }
}
