import type { DeliveryState } from "../../shared/contract/enums.ts";
import type { PocketStripe } from "../seed/pocket-stripe.ts";
import type { PortalClient } from "../seed/portal-client.ts";
import { readWebhooks } from "../seed/provision.ts";
import { controlReceiver } from "../seed/webhooks.ts";
import type { DemoEndpoint } from "./configuration.ts";
import type { Customer } from "./customer.ts";
import { lastDay } from "./stories.ts";

export interface Incident {
  day: number;
  hour: number;
  run(): Promise<unknown>;
}

/** The number of deliveries that wait at the endpoint that fails at the end. */
export const queuedDeliveries = 24;

/** The CRM fails for two days. An admin drops what waited, so those deliveries are dead. */
export function failAndDrop(admin: PortalClient, path: string, crm: DemoEndpoint): Incident[] {
  const endpoint = `${path}/webhooks/${crm.endpointId}`;
  const answer = { status: 502, body: "<html><h1>Bad Gateway</h1></html>" };
  return [
    { day: 11, hour: 10, run: () => controlReceiver(crm.url, "answer", answer) },
    {
      day: 13,
      hour: 18,
      async run() {
        await admin.submit(`${endpoint}/disable`);
        await controlReceiver(crm.url, "answer", {});
        await admin.submit(`${endpoint}/enable`, { waiting: "drop" });
      },
    },
  ];
}

/**
 * The warehouse fails on the last afternoon, while customers use credits 24 times: one delivery each.
 * `consumers` have credits.
 */
export function failAtTheEnd(
  projectId: string,
  warehouse: DemoEndpoint,
  consumers: readonly Customer[],
): Incident[] {
  const answer = { status: 503, body: '{"error":"maintenance"}', headers: { "Retry-After": "120" } };
  const uses = [12.5, 13.25, 14, 14.75].map((hour, round) => ({
    day: lastDay,
    hour,
    async run() {
      for (let use = 0; use < queuedDeliveries / 4; use++)
        await consumers[(use + round) % consumers.length]?.consume(use + 2);
    },
  }));
  const begin = async () => {
    await untilWaiting(projectId, warehouse, 0);
    await controlReceiver(warehouse.url, "answer", answer);
  };
  return [
    { day: lastDay, hour: 12.25, run: begin },
    ...uses,
    { day: lastDay, hour: 15.5, run: () => untilWaiting(projectId, warehouse, queuedDeliveries) },
  ];
}

const patienceMs = 30_000;

/** Waits until `wanted` deliveries wait at the endpoint: customers' objects write them shortly after a use. */
async function untilWaiting(
  projectId: string,
  { url, endpointId }: DemoEndpoint,
  wanted: number,
): Promise<void> {
  const scope = { projectId, mode: "test" } as const;
  const { origin } = new URL(url);
  const filter = { endpointId, states: ["pending", "failed"] satisfies DeliveryState[] };
  const patientUntil = Date.now() + patienceMs;
  for (;;) {
    const page = { after: null, limit: 100 };
    const { deliveries } = await readWebhooks(origin, "listDeliveries", scope, filter, page);
    if (deliveries.length === wanted) return;
    if (Date.now() > patientUntil) throw new Error(`${deliveries.length} deliveries wait, not ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Stripe sends what can't be applied: objects without a required field, and a checkout that is unknown. */
export function sendBrokenEvents(stripe: PocketStripe, projectId: string): Incident[] {
  const send = (type: string, object: Record<string, unknown>) => () =>
    stripe.control("events", { account: "acct_demo0001", mode: "test", type, object });
  const metadata = {
    licenzy_project_id: projectId,
    licenzy_mode: "test",
    licenzy_subject_ref: "user_of_another_database",
    licenzy_product_code: "CREDITS_1000",
    licenzy_attempt_id: "att_00000000000000000000000000",
  };
  const session = {
    object: "checkout.session",
    id: "cs_test_restored_from_a_backup",
    mode: "payment",
    payment_status: "paid",
    amount_total: 4_900,
    currency: "eur",
    payment_intent: "pi_restored_from_a_backup",
    metadata,
  };
  return [
    { day: 4, hour: 9, run: send("invoice.paid", { object: "invoice" }) },
    { day: 12, hour: 14, run: send("checkout.session.completed", session) },
    { day: 20, hour: 18, run: send("charge.refunded", { object: "charge", id: "ch_without_an_amount" }) },
  ];
}
