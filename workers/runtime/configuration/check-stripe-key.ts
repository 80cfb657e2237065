import Stripe from "stripe";
import type { PermissionCheck } from "../../../shared/contract/operations/stripe.ts";
import type { Mode } from "../../../shared/contract/words.ts";
import { stripeClient, stripeFailure } from "../../../shared/stripe/gateway.ts";
import type { RuntimeEnv } from "../env.ts";

export type KeyVerdict =
  | { outcome: "usable"; stripe: Stripe; stripeAccountId: string | null; permissions: PermissionCheck[] }
  | { outcome: "refused"; message: string };

/** An id that no object has: calling for it tells whether we may, and changes nothing. */
const nothing = "licenzy_permission_check";

/** What we need of Stripe and what for. A call that is allowed succeeds or finds nothing; one that is not is told so. */
const needed: {
  name: string;
  needs: "Read" | "Write";
  note: string;
  call: (stripe: Stripe) => Promise<unknown>;
}[] = [
  {
    name: "Checkout Sessions",
    needs: "Write",
    note: "opens checkouts",
    call: (stripe) => stripe.checkout.sessions.expire(`cs_${nothing}`),
  },
  {
    name: "Prices",
    needs: "Read",
    note: "checks products",
    call: (stripe) => stripe.prices.list({ limit: 1 }),
  },
  {
    name: "Products",
    needs: "Read",
    note: "names prices",
    call: (stripe) => stripe.products.list({ limit: 1 }),
  },
  {
    name: "Customers",
    needs: "Read",
    note: "finds customers",
    call: (stripe) => stripe.customers.list({ limit: 1 }),
  },
  {
    name: "Subscriptions",
    needs: "Read",
    note: "reads what a subscription is",
    call: (stripe) => stripe.subscriptions.list({ limit: 1 }),
  },
  {
    name: "Invoices",
    needs: "Read",
    note: "finds what was paid",
    call: (stripe) => stripe.invoices.list({ limit: 1 }),
  },
  {
    name: "PaymentIntents",
    needs: "Read",
    note: "traces payments",
    call: (stripe) => stripe.paymentIntents.list({ limit: 1 }),
  },
  {
    name: "Charges and Refunds",
    needs: "Read",
    note: "traces refunds",
    call: (stripe) => stripe.refunds.list({ limit: 1 }),
  },
  {
    name: "Disputes",
    needs: "Read",
    note: "sees disputes",
    call: (stripe) => stripe.disputes.list({ limit: 1 }),
  },
  {
    name: "Events",
    needs: "Read",
    note: "finds missed events",
    call: (stripe) => stripe.events.list({ limit: 1 }),
  },
  {
    name: "Webhook Endpoints",
    needs: "Write",
    note: "registers the webhook",
    call: (stripe) => stripe.webhookEndpoints.del(`we_${nothing}`),
  },
];

/**
 * Asks Stripe whether the key is of this mode and may do all that we need. Refused in words for a key of the wrong form
 * or mode, one that Stripe does not take, and when Stripe can't be reached; a missing permission is in the list.
 */
export async function checkStripeKey(env: RuntimeEnv, mode: Mode, apiKey: string): Promise<KeyVerdict> {
  if (!/^[sr]k_(test|live)_[A-Za-z0-9_]{8,250}$/.test(apiKey)) return refused(formFault(apiKey, mode));
  if (!new RegExp(`^[sr]k_${mode}_`).test(apiKey)) return refused(modeFault(mode));
  const stripe = stripeClient(apiKey, env.DEV);
  try {
    const balance = await stripe.balance.retrieve();
    if (balance.livemode !== (mode === "live")) return refused(modeFault(mode));
    const permissions = await Promise.all(needed.map((permission) => checkPermission(stripe, permission)));
    return { outcome: "usable", stripe, stripeAccountId: await accountIdOf(stripe), permissions };
  } catch (error) {
    const { kind, message } = stripeFailure(error);
    if (kind === "refused") return refused(`Stripe did not accept the key: ${message}`);
    return refused(`Stripe could not be reached, so nothing was saved. Try again. (${message})`);
  }
}

async function checkPermission(
  stripe: Stripe,
  { name, needs, note, call }: (typeof needed)[number],
): Promise<PermissionCheck> {
  try {
    await call(stripe);
  } catch (error) {
    const isForbidden = error instanceof Stripe.errors.StripePermissionError;
    if (isForbidden) return { name, needs, ok: false, note: stripeFailure(error).message };
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
  }
  return { name, needs, ok: true, note };
}

/** Whose key it is; `null` for a restricted key that may not say. */
async function accountIdOf(stripe: Stripe): Promise<string | null> {
  try {
    return (await stripe.accounts.retrieveCurrent()).id;
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return null;
    throw error;
  }
}

const refused = (message: string): KeyVerdict => ({ outcome: "refused", message });

function formFault(apiKey: string, mode: Mode): string {
  if (apiKey.startsWith("pk_"))
    return `This is a publishable key. A secret or restricted key is needed: sk_${mode}_… or rk_${mode}_….`;
  if (apiKey.startsWith("whsec_"))
    return "This is a webhook's signing secret. The API key is needed: Stripe, Developers, API keys.";
  return `This is no Stripe API key: it must begin with sk_${mode}_ or rk_${mode}_ and be copied whole.`;
}

const modeFault = (mode: Mode): string =>
  mode === "live"
    ? "This key is of Stripe's test mode, but this page is about live mode. Take the live key (sk_live_… or rk_live_…)."
    : "This is a live key, but this page is about test mode. Take the test key (sk_test_… or rk_test_…).";
