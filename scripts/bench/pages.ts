import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { D1Database } from "@cloudflare/workers-types";
import { newId } from "../../shared/kit/ids.ts";
import { ApiClient, buy } from "../seed/api-client.ts";
import { PocketStripe } from "../seed/pocket-stripe.ts";
import { hiddenField, PortalClient } from "../seed/portal-client.ts";
import { provision, webhooks } from "../seed/provision.ts";
import { startStack } from "../stack/stack.ts";
import { multiplyRow } from "./multiply-row.ts";

const rows = 100_000;
const requests = 31;
const keys = 16;
const callers = 64;
const hotSubject = "bench_many";

export interface PageTime {
  page: string;
  /** Milliseconds that the page may take in the worker. */
  target: number;
  /** From the request to the last byte, seen from outside: more than the worker's own time. Milliseconds. */
  medianMs: number;
  slowestMs: number;
  kilobytes: number;
  holds: boolean;
}

interface Bench {
  origin: string;
  db: D1Database;
  portal: PortalClient;
  projectId: string;
}

/** Every list of the portal with 100,000 rows behind it, and the page of a customer with 100,000 ledger entries. */
export async function timePages(): Promise<PageTime[]> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-bench-"));
  const stack = await startStack({
    port: 0,
    stateDir,
    cronEveryMs: 0,
    logFile: join(stateDir, "workers.log"),
  });
  try {
    const { origin } = stack;
    const portal = new PortalClient(origin);
    const { location } = await portal.submit("/setup", {
      token: stack.secrets.setupToken,
      name: "Bench",
      email: "bench@tests.example",
      password: newId("act"),
      account: "Bench",
      project: "bench",
      region: "weur",
    });
    const bench: Bench = {
      origin,
      db: await stack.mf.getD1Database("DB", "licenzy-runtime"),
      portal,
      projectId: location?.split("/")[2] ?? "",
    };
    await fill(bench);
    return await timeAll(bench);
  } finally {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

/** One of each made by the product itself; the other rows of a list are copies of it. */
async function fill({ origin, db, portal, projectId }: Bench): Promise<void> {
  const settings = `/p/${projectId}/test/settings`;
  const version = hiddenField((await portal.get(settings)).html, "version");
  const urls = { success_url: `${origin}/__dev/shop`, cancel_url: "" };
  await portal.submit(settings, { version, name: "bench", grace_days: "0", ...urls });
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
  await webhooks(origin, "createEndpoint", { projectId, mode: "test" }, { endpointId, ...endpoint });
  await buy(api, stripe, "bench_one", productCode);
  await untilOneIsThere(db, "deliveries WHERE state = 'sent'");
  console.error(`pages: ${rows} rows of each list`);
  await multiplyRow(db, "subjects", rows, { subject_ref: "'user_' || n" });
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
  });
  await multiplyRow(db, "delivery_attempts", rows, { delivery_id: "'dlv_' || printf('%026d', n)" });
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

async function timeAll({ portal, projectId }: Bench): Promise<PageTime[]> {
  const place = `/p/${projectId}/test`;
  const lists: Record<string, string> = {
    Overview: place,
    Customers: `${place}/customers`,
    "Customers, a search": `${place}/customers?q=user_9`,
    "Inbound events": `${place}/events`,
    "Inbound events, failed": `${place}/events?status=failed`,
    Products: `${place}/products`,
    "API keys": `${place}/keys`,
    Endpoints: `${place}/webhooks`,
    Deliveries: `${place}/deliveries`,
    "Deliveries, dead": `${place}/deliveries?status=dead`,
    "Deliveries, HTTP 200": `${place}/deliveries?http=200`,
    "Deliveries, HTTP 500 (none)": `${place}/deliveries?http=500`,
    "Deliveries of a customer": `${place}/deliveries?customer=user_99999`,
    "Audit log": "/audit",
  };
  const times: PageTime[] = [];
  for (const [page, path] of Object.entries(lists)) times.push(await timePage(portal, page, path, 100));
  const customer = `Customer Support, ${rows.toLocaleString("en-US")} ledger entries`;
  times.push(await timePage(portal, customer, `${place}/customers/${hotSubject}`, 150));
  return times;
}

async function timePage(portal: PortalClient, page: string, path: string, target: number): Promise<PageTime> {
  const times: number[] = [];
  let bytes = 0;
  // The first three are not counted: code is compiled and pages of the database are read.
  for (let request = -3; request < requests; request++) {
    const startedAt = performance.now();
    const { status, html } = await portal.get(path);
    const tookMs = performance.now() - startedAt;
    if (status !== 200) throw new Error(`${path}: ${status}`);
    if (request >= 0) times.push(tookMs);
    bytes = html.length;
  }
  times.sort((a, b) => a - b);
  const medianMs = times[Math.floor(times.length / 2)] ?? Number.NaN;
  const slowestMs = times.at(-1) ?? Number.NaN;
  return { page, target, medianMs, slowestMs, kilobytes: bytes / 1_024, holds: medianMs <= target };
}
