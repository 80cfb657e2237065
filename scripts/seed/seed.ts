import type { Mode } from "../../shared/contract/words.ts";
import { ApiClient } from "./api-client.ts";
import { PocketStripe } from "./pocket-stripe.ts";
import { provision } from "./provision.ts";
import { tellStories } from "./stories.ts";
import { seedReceiver, tellDeadDelivery } from "./webhooks.ts";

/** What `.dev/stack.json` holds, so that a script can drive the stack (spec page 7). */
export interface StackFile {
  origin: string;
  project_id: string;
  test_key: string;
  live_key: string;
  stripe: Record<Mode, { connection_id: string; webhook_url: string; webhook_secret: string }>;
  /** The sample receiver, which gets every event of test mode. */
  receiver: { url: string; endpoint_id: string; secret: string };
}

/**
 * Makes the project `demo` and a story for each situation that operators meet, all of it through the product's own
 * doors: provisioning, the runtime API, and pocket Stripe's pay controls with the events that follow.
 */
export async function seed({ origin }: { origin: string }): Promise<StackFile> {
  const { projectId } = await provision<{ projectId: string }>(origin, "createProject", {
    accountName: "Demo",
    name: "demo",
    region: "weur",
    planStatus: "active",
    successUrl: `${origin}/__dev/shop`,
    cancelUrl: null,
  });
  const test = await seedMode(origin, projectId, "test");
  const live = await seedMode(origin, projectId, "live");
  const scope = { projectId, mode: "test" as const };
  const receiver = await seedReceiver(origin, scope);
  const api = new ApiClient(origin, test.apiKey);
  await tellDeadDelivery(api, test.stripe, scope, receiver);
  await tellStories(api, test.stripe);
  return {
    origin,
    project_id: projectId,
    test_key: test.apiKey,
    live_key: live.apiKey,
    stripe: { test: test.connection, live: live.connection },
    receiver,
  };
}

async function seedMode(origin: string, projectId: string, mode: Mode) {
  const stripe = new PocketStripe(origin, `sk_${mode}_demo0001`);
  const made = await provision<{ connectionId: string; webhookUrl: string; webhookSecret: string }>(
    origin,
    "connectStripe",
    projectId,
    mode,
    { apiKey: stripe.apiKey, origin },
  );
  await provision(origin, "createProduct", projectId, mode, {
    productCode: "PRO_MONTHLY",
    name: "Pro, monthly",
    stripePriceId: await stripe.createMonthlyPrice("Pro", 2_900),
    kind: "subscription",
  });
  await provision(origin, "createProduct", projectId, mode, {
    productCode: "CREDITS_1000",
    name: "1,000 credits",
    stripePriceId: await stripe.createPrice("1,000 credits", 4_900),
    kind: "usage_pack",
    units: 1_000,
    expiresAfterDays: null,
  });
  await provision(origin, "createProduct", projectId, mode, {
    productCode: "DAY_PASS",
    name: "Day pass",
    stripePriceId: await stripe.createPrice("Day pass", 500),
    kind: "time_pass",
    durationDays: 1,
  });
  const { apiKey } = await provision<{ apiKey: string }>(origin, "createApiKey", projectId, mode, {
    name: "Demo backend",
    expiresAt: null,
  });
  const connection = {
    connection_id: made.connectionId,
    webhook_url: made.webhookUrl,
    webhook_secret: made.webhookSecret,
  };
  return { apiKey, stripe, connection };
}
