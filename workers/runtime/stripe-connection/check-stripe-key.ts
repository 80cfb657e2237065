import Stripe from "stripe";
import type { Mode } from "../../../shared/contract/enums.ts";
import type { PermissionCheck } from "../../../shared/contract/operations/stripe.ts";
import { classifyStripeError, createStripeClient } from "../../../shared/stripe/client.ts";
import type { RuntimeEnv } from "../env.ts";

export type KeyVerdict =
  | { outcome: "usable"; stripe: Stripe; stripeAccountId: string | null; permissions: PermissionCheck[] }
  | { outcome: "refused"; message: string };

const keyPattern = /^[sr]k_(test|live)_[A-Za-z0-9_]{8,250}$/;

/**
 * An id that no object has. A call with it reveals whether the key has the permission, and changes nothing.
 */
const unusedId = "licenzy_permission_check";

/**
 * The permissions that Licenzy needs and their purpose. A permitted call succeeds or returns "not found"; any
 * other call returns a permission error.
 */
const requiredPermissions: {
  name: string;
  needs: "Read" | "Write";
  note: string;
  call: (stripe: Stripe) => Promise<unknown>;
}[] = [
  {
    name: "Checkout Sessions",
    needs: "Write",
    note: "creates checkouts",
    call: (stripe) => stripe.checkout.sessions.expire(`cs_${unusedId}`),
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
    note: "shows product names",
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
    note: "reads subscription status",
    call: (stripe) => stripe.subscriptions.list({ limit: 1 }),
  },
  {
    name: "Invoices",
    needs: "Read",
    note: "matches payments to subscriptions",
    call: (stripe) => stripe.invoices.list({ limit: 1 }),
  },
  {
    name: "PaymentIntents",
    needs: "Read",
    note: "finds payments",
    call: (stripe) => stripe.paymentIntents.list({ limit: 1 }),
  },
  {
    name: "Charges and Refunds",
    needs: "Read",
    note: "finds refunds",
    call: (stripe) => stripe.refunds.list({ limit: 1 }),
  },
  {
    name: "Balance",
    needs: "Read",
    note: "reads when a payment succeeded",
    call: (stripe) => stripe.balanceTransactions.list({ limit: 1 }),
  },
  {
    name: "Disputes",
    needs: "Read",
    note: "finds disputes",
    call: (stripe) => stripe.disputes.list({ limit: 1 }),
  },
  {
    name: "Events",
    needs: "Read",
    note: "recovers missed events",
    call: (stripe) => stripe.events.list({ limit: 1 }),
  },
  {
    name: "Customer portal",
    needs: "Write",
    note: "lets customers update their payment method",
    call: (stripe) => stripe.billingPortal.sessions.create({ customer: `cus_${unusedId}` }),
  },
  {
    name: "Webhook Endpoints",
    needs: "Write",
    note: "registers the webhook",
    call: (stripe) => stripe.webhookEndpoints.del(`we_${unusedId}`),
  },
];

/**
 * Checks with Stripe that the key belongs to this mode, and which permissions it has. Refuses, with a message, a key
 * that is malformed, of the other mode or rejected by Stripe, and any key while Stripe can't be reached. A missing
 * permission only appears in the list.
 */
export async function checkStripeKey(env: RuntimeEnv, mode: Mode, apiKey: string): Promise<KeyVerdict> {
  if (!keyPattern.test(apiKey)) return refused(formatError(apiKey, mode));
  if (!new RegExp(`^[sr]k_${mode}_`).test(apiKey)) return refused(modeError(mode));
  const stripe = createStripeClient(apiKey, env.DEV);
  try {
    const balance = await stripe.balance.retrieve();
    if (balance.livemode !== (mode === "live")) return refused(modeError(mode));
    const permissions = await Promise.all(
      requiredPermissions.map((permission) => checkPermission(stripe, permission)),
    );
    return { outcome: "usable", stripe, stripeAccountId: await readAccountId(stripe), permissions };
  } catch (error) {
    const { kind, message } = classifyStripeError(error);
    if (kind === "refused") return refused(`Stripe rejected the key: ${message}`);
    return refused(`Could not reach Stripe, so nothing was saved. Try again. (${message})`);
  }
}

async function checkPermission(
  stripe: Stripe,
  { name, needs, note, call }: (typeof requiredPermissions)[number],
): Promise<PermissionCheck> {
  try {
    await call(stripe);
  } catch (error) {
    const isForbidden = error instanceof Stripe.errors.StripePermissionError;
    if (isForbidden) return { name, needs, ok: false, note: classifyStripeError(error).message };
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
  }
  return { name, needs, ok: true, note };
}

/** Returns the account of the key, or `null` for a restricted key without permission to read it. */
async function readAccountId(stripe: Stripe): Promise<string | null> {
  try {
    return (await stripe.accounts.retrieveCurrent()).id;
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return null;
    throw error;
  }
}

const refused = (message: string): KeyVerdict => ({ outcome: "refused", message });

function formatError(apiKey: string, mode: Mode): string {
  const [, prefix] = /^([sr]k_(?:test|live)_)\w{0,7}$/.exec(apiKey) ?? [];
  if (prefix !== undefined)
    return `This key is too short. At least 8 characters must follow ${prefix}. Enter the full key.`;
  if (apiKey.startsWith("pk_"))
    return `This is a publishable key. Enter a secret or restricted key: sk_${mode}_… or rk_${mode}_….`;
  if (apiKey.startsWith("whsec_"))
    return "This is a webhook signing secret. Enter an API key from Stripe: Developers, API keys.";
  return `This is not a Stripe API key. Enter the full key, which starts with sk_${mode}_ or rk_${mode}_.`;
}

const modeError = (mode: Mode): string =>
  mode === "live"
    ? "This is a test key, but this page configures live mode. Enter the live key (sk_live_… or rk_live_…)."
    : "This is a live key, but this page configures test mode. Enter the test key (sk_test_… or rk_test_…).";
