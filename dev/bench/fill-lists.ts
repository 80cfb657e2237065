import type { D1Database } from "@cloudflare/workers-types";
import { denialReasons } from "../../shared/contract/enums.ts";
import { createEndpoint } from "../../shared/contract/operations/endpoints.ts";
import { newId } from "../../shared/kit/ids.ts";
import { ApiClient, buy } from "../seed/api-client.ts";
import { PocketStripe } from "../seed/pocket-stripe.ts";
import type { PortalClient } from "../seed/portal-client.ts";
import { provision, runWebhookOperation } from "../seed/provision.ts";
import { returnToShop } from "../seed/set-up-demo.ts";
import { multiplyRow } from "./multiply-row.ts";

/** The number of rows in each list, and of entries in the ledger of `hotSubject`. */
export const rows = 100_000;
export const hotSubject = "bench_many";
const keys = 16;
const callers = 64;

interface Bench {
  origin: string;
  db: D1Database;
  portal: PortalClient;
  projectId: string;
}

/** Creates one row per list through the product. The other rows are copies of it. */
export async function fillLists({ origin, db, portal, projectId }: Bench): Promise<void> {
  await returnToShop(portal, projectId, "bench");
  const stripe = new PocketStripe(origin, "sk_test_bench0001");
  await provision(origin, "connectStripe", projectId, "test", { apiKey: stripe.apiKey, origin });
  const productCode = "CREDITS";
  await provision(origin, "createProduct", projectId, "test", {
    productCode,
    name: "Credits",
    stripePriceId: await stripe.createPrice("Credits", 4_900),
    kind: "usage_pack",
    units: 2 * rows,
    expiresAfterDays: null,
  });
  const apis: ApiClient[] = [];
  for (let index = 0; index < keys; index++) {
    const key = { name: `bench ${index}`, expiresAt: null };
    const { apiKey } = await provision<{ apiKey: string }>(origin, "createApiKey", projectId, "test", key);
    apis.push(new ApiClient(origin, apiKey));
  }
  const [api] = apis;
  if (api === undefined) throw new Error("no key");
  await buy(api, stripe, hotSubject, productCode);
  console.error(`pages: ${rows} consumes of one subject`);
  await consumeOften(apis);

  const endpointId = newId("ep");
  const endpoint = { url: `${origin}/receiver/bench`, description: "", eventTypes: ["purchase.finalized"] };
  await runWebhookOperation(origin, createEndpoint, { projectId, mode: "test" }, { endpointId, ...endpoint });
  await buy(api, stripe, "bench_one", productCode);
  await untilOneIsThere(db, "deliveries WHERE last_status IS NOT NULL");
  console.error(`pages: ${rows} rows of each list`);
  await multiplyRow(db, "subjects", rows, {
    subject_ref: "'user_' || n",
    created_at: "one.created_at - n",
    access: "CASE WHEN n % 5 = 0 THEN 'denied' ELSE 'allowed' END",
    attention: "CASE WHEN n % 20 = 0 THEN 'past_due' WHEN n % 1000 = 1 THEN 'on_hold' END",
    units_left: "n % 5000",
    paid_amount: "n % 700 * 100",
    ends_at: "one.created_at + n % 365 * 86400000",
  });
  await multiplyRow(db, "entitlements", rows, {
    entitlement_id: "'ent_' || printf('%026d', n)",
    subject_ref: "'user_' || n",
  });
  await multiplyRow(db, "checkout_attempts", rows, {
    attempt_id: "'att_' || printf('%026d', n)",
    subject_ref: "'user_' || n",
  });
  await multiplyRow(db, "stripe_events", rows, {
    event_id: "'evt_' || n",
    subject_ref: "'user_' || n",
    received_at: "one.received_at - n / 3",
  });
  await multiplyRow(db, "events", rows, {
    event_id: "'evt_' || printf('%026d', n)",
    subject_ref: "'user_' || n",
  });
  await multiplyRow(db, "deliveries", rows, {
    delivery_id: "'dlv_' || printf('%026d', n)",
    event_id: "'evt_' || printf('%026d', n)",
    subject_ref: "'user_' || n",
    state: "CASE n % 3 WHEN 0 THEN 'failed' WHEN 1 THEN 'dead' ELSE 'sent' END",
    last_status: "CASE n % 3 WHEN 2 THEN 200 ELSE 500 END",
    // The copies must not be sent.
    next_attempt_at: "NULL",
  });
  await multiplyRow(db, "delivery_attempts", rows, { delivery_id: "'dlv_' || printf('%026d', n)" });
  await fillHourlyCounts(db, projectId);
  await multiplyRow(db, "products", rows, {
    product_code: "'P' || n",
    stripe_price_id: "'price_' || n",
  });
  await multiplyRow(db, "api_keys", rows, {
    key_id: "'key_' || printf('%026d', n)",
    key_hash: "'hash' || n",
  });
  await multiplyRow(db, "audit_log", rows, { audit_id: "'aud_' || printf('%026d', n)" });
}

/** Fills the 60 days that the overview reads: every hour with every answer, in three currencies. */
async function fillHourlyCounts(db: D1Database, projectId: string): Promise<void> {
  const details = [
    ...["allowed", ...denialReasons].map((reason) => ["checks", reason]),
    ...["delivered", "failed"].map((result) => ["deliveries", result]),
    ...["eur", "jpy", "usd"].map((currency) => ["paid", currency]),
    ...["credits", "access"].map((metric) => [metric, ""]),
  ];
  const hour = Math.floor(Date.now() / 3_600_000);
  await db
    .prepare(
      `WITH RECURSIVE hours (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM hours WHERE n < 1439)
       INSERT INTO hourly_counts
       SELECT ?1, 'test', value ->> 0, (?2 - n) * 3600000, value ->> 1, n % 97 FROM hours, json_each(?3) WHERE true
       ON CONFLICT DO UPDATE SET value = excluded.value`,
    )
    .bind(projectId, hour, JSON.stringify(details))
    .run();
}

async function consumeOften(apis: ApiClient[]): Promise<void> {
  let next = 0;
  const caller = async (api: ApiClient) => {
    for (let call = next++; call < rows; call = next++) {
      const { status, headers } = await api.consume(hotSubject, 1, `bench-${call}`);
      if (status === 200) continue;
      if (status !== 429 && status !== 503) throw new Error(`consume: ${status}`);
      await new Promise((resolve) => setTimeout(resolve, Number(headers.get("Retry-After")) * 1_000));
      await api.consume(hotSubject, 1, `bench-${call}`);
    }
  };
  const all = Array.from({ length: callers }, (_, index) => apis[index % apis.length]);
  await Promise.all(all.map((api) => (api === undefined ? undefined : caller(api))));
}

async function untilOneIsThere(db: D1Database, table: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await db.prepare(`SELECT 1 FROM ${table} LIMIT 1`).first()) !== null) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no row in ${table} after 10 seconds`);
}
