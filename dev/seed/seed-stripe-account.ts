import { ApiClient } from "./api-client.ts";
import { provideDemoPrices, StripeAccountError } from "./demo-prices.ts";
import { hiddenFields, PortalClient, sentencesOf } from "./portal-client.ts";
import { seedProductsAndKey, setUpDemo } from "./set-up-demo.ts";
import type { StackFile } from "./stack-file.ts";
import { manualGrant } from "./stories.ts";
import { createClient } from "./stripe-client.ts";
import { seedReceiver } from "./webhooks.ts";

/** A Stripe test account, as the options of `npm start` name it. */
interface StripeAccount {
  secretKey: string;
  base: string;
}

/**
 * Creates the project `demo` on a Stripe test account, in test mode only: its products in that account, the connection
 * with this key, and what needs no payment. Registers no webhook, because Stripe can't reach this machine: the sweep of
 * missed events polls. Throws StripeAccountError.
 */
export async function seedStripeAccount(
  { origin, setupToken }: { origin: string; setupToken: string },
  account: StripeAccount,
): Promise<StackFile> {
  const prices = await provideDemoPrices(createClient(account.secretKey, account.base));
  const demo = await setUpDemo({ origin, setupToken });
  const { portal, projectId, support, operators } = demo;
  const path = `/p/${projectId}/test`;
  const connected = await portal.post(`${path}/stripe`, { api_key: account.secretKey });
  if (connected.status !== 303) throw new StripeAccountError(sentencesOf(connected.html));
  const testKey = await seedProductsAndKey(demo, "test", prices);
  const receiver = await seedReceiver(origin, { projectId, mode: "test" });
  await manualGrant(support, `${path}/customers/user_manual_grant`);
  const api = new ApiClient(origin, testKey);
  const checkout = await api.checkout("user_checkout_open", "CREDITS_1000", "seed-checkout-open");
  if (checkout.status !== 201)
    throw new Error(`checkout: ${checkout.status} ${JSON.stringify(checkout.body)}`);
  const { html } = await portal.get(`${path}/stripe`);
  const connectionId = /\/tenant\/(con_[0-9a-z]+)/.exec(html)?.[1];
  if (connectionId === undefined) throw new Error(`No webhook URL: ${sentencesOf(html)}`);
  return {
    origin,
    project_id: projectId,
    test_key: testKey,
    live_key: null,
    stripe: {
      test: {
        connection_id: connectionId,
        webhook_url: `${origin}/v1/webhooks/stripe/tenant/${connectionId}`,
        webhook_secret: null,
      },
      live: null,
    },
    stripe_account: { key_hint: hintOf(account.secretKey) },
    receiver,
    operators,
  };
}

/** Prefix and last four characters of a key. */
export const hintOf = (key: string): string => `${key.slice(0, 8)}…${key.slice(-4)}`;

/** Stores the signing secret that `stripe listen` prints, by the portal's form. Storing it again changes nothing. */
export async function setWebhookSecret(file: StackFile, secret: string): Promise<void> {
  const portal = new PortalClient(file.origin);
  const [owner] = file.operators;
  if (owner === undefined) throw new Error("The stack file has no owner");
  await portal.signIn(owner.email, owner.password);
  const path = `/p/${file.project_id}/test/stripe`;
  const { html } = await portal.get(path);
  const fields = hiddenFields(html, `${path}/webhook-secret`);
  await portal.submit(`${path}/webhook-secret`, { ...fields, webhook_secret: secret });
}
