import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { D1Database } from "@cloudflare/workers-types";
import { nameOfDatabase } from "../../shared/db/databases.ts";
import { databaseNumberOf, newId } from "../../shared/kit/ids.ts";
import { ApiClient, buy } from "../seed/api-client.ts";
import { PocketStripe } from "../seed/pocket-stripe.ts";
import { PortalClient } from "../seed/portal-client.ts";
import { provision } from "../seed/provision.ts";
import { returnToShop } from "../seed/set-up-demo.ts";
import { type Stack, startStack } from "../stack/stack.ts";
import { type AccountSize, computeAudit } from "./audit-model.ts";

const mode = "live";
const productCode = "PRO_MONTHLY";
/** Sold at the same time, as many as one workerd serves well. */
const buyers = 4;
const patienceMs = 600_000;

export interface AuditTime {
  what: string;
  customers: number;
  /** Subscribers whom the ledger does not have. */
  differ: number;
  reads: number;
  seconds: number;
  /** `null` for what is measured: the budget is for 100,000 customers. */
  budget: { reads: number; seconds: number } | null;
  holds: boolean | null;
}

/** Of 100,000 customers with a charge a month for a year, of whom one in a hundred differs. */
const large: AccountSize = { customers: 100_000, chargesEach: 12, differ: 1_000 };
const budget = { reads: 35_000, seconds: 5_400 };

/**
 * Audits `customers` subscribers of pocket Stripe, and computes from it what 100,000 take. The objects of 100,000 customers do not fit into one
 * local workerd, so the large account is computed: its reads follow from the sizes of Stripe's pages.
 */
export async function timeAudits(customers: number): Promise<AuditTime[]> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-bench-"));
  const stack = await startStack({
    port: 0,
    stateDir,
    cronEveryMs: 0,
    logFile: join(stateDir, "workers.log"),
  });
  try {
    const db = await stack.mf.getD1Database("DB", "licenzy-runtime");
    const portal = new PortalClient(stack.origin);
    const project = await setUp(portal, stack.origin, stack.secrets.setupToken, db);
    console.error(`audit: selling ${customers} subscriptions`);
    await sell(project, customers);
    const data = await openData(stack, project.projectId);
    const clean = await audit(portal, project, data);
    if (clean.agrees !== customers) throw new Error(`${clean.agrees} of ${customers} agree`);
    const differ = Math.ceil(customers / 100);
    for (let index = 0; index < differ; index++) await sellElsewhere(project, `foreign_${index}`);
    const differing = await audit(portal, project, data);
    const measured = { customers, differ, clean, differing };
    const computed = computeAudit(large, measured);
    const holds = computed.reads <= budget.reads && computed.seconds <= budget.seconds;
    return [
      { what: "measured", customers, differ: 0, ...clean, budget: null, holds: null },
      { what: "measured", customers, differ, ...differing, budget: null, holds: null },
      { what: "computed", customers: large.customers, differ: large.differ, ...computed, budget, holds },
    ];
  } finally {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

/** Opens the database that has the project's audits. */
const openData = (stack: Stack, projectId: string): Promise<D1Database> =>
  stack.mf.getD1Database(nameOfDatabase(databaseNumberOf(projectId)), "licenzy-runtime");

interface BenchProject {
  origin: string;
  projectId: string;
  api: ApiClient;
  stripe: PocketStripe;
  price: string;
}

/** Creates a project in live mode, where a key may open as many checkouts as the bench needs. */
async function setUp(
  portal: PortalClient,
  origin: string,
  token: string,
  db: D1Database,
): Promise<BenchProject> {
  const { location } = await portal.submit("/setup", {
    token,
    name: "Bench",
    email: "bench@tests.example",
    password: newId("act"),
    account: "Bench",
    project: "bench",
    region: "weur",
  });
  const projectId = location?.split("/")[2] ?? "";
  const row = await db
    .prepare("SELECT account_id AS accountId FROM projects WHERE project_id = ?")
    .bind(projectId)
    .first<{ accountId: string }>();
  await provision(origin, "setPlanStatus", row?.accountId, "active");
  await returnToShop(portal, projectId, "bench");
  const stripe = new PocketStripe(origin, "sk_live_bench0001");
  await provision(origin, "connectStripe", projectId, mode, { apiKey: stripe.apiKey, origin });
  const price = await stripe.createMonthlyPrice("Pro", 2_900);
  const product = { productCode, name: "Pro", kind: "subscription", stripePriceId: price };
  await provision(origin, "createProduct", projectId, mode, product);
  const key = { name: "bench", expiresAt: null };
  const { apiKey } = await provision<{ apiKey: string }>(origin, "createApiKey", projectId, mode, key);
  const settings = { source: "metadata", metadata_key: "user_id", daily_hour: "" };
  await portal.submit(`/p/${projectId}/${mode}/access-audit/settings`, settings);
  return { origin, projectId, api: new ApiClient(origin, apiKey), stripe, price };
}

async function sell({ api, stripe }: BenchProject, customers: number): Promise<void> {
  const waiting = Array.from({ length: customers }, (_, index) => `user_${index}`);
  const work = async () => {
    for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop())
      await buy(api, stripe, ref, productCode);
  };
  await Promise.all(Array.from({ length: buyers }, work));
}

/** Sells a subscription by a session that Licenzy did not open. */
async function sellElsewhere({ stripe, price }: BenchProject, ref: string): Promise<void> {
  const metadata = { user_id: ref };
  const { id } = await stripe.client.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price, quantity: 1 }],
    success_url: "https://shop.example",
    subscription_data: { metadata },
  });
  await stripe.pay(id);
}

interface Measured {
  agrees: number;
  reads: number;
  seconds: number;
}

/** Runs an audit to its end. */
async function audit(portal: PortalClient, project: BenchProject, db: D1Database): Promise<Measured> {
  const { origin, projectId } = project;
  const auditId = newId("job");
  await portal.submit(`/p/${projectId}/${mode}/access-audit`, { audit_id: auditId });
  const endBy = Date.now() + patienceMs;
  for (;;) {
    const row = await db
      .prepare(
        `SELECT status, counts ->> 'agrees' AS agrees, stripe_calls AS reads, work_ms / 1000.0 AS seconds
         FROM access_audits WHERE audit_id = ?`,
      )
      .bind(auditId)
      .first<Measured & { status: string }>();
    if (row?.status === "finished" && row.reads > 0)
      return { agrees: row.agrees, reads: row.reads, seconds: row.seconds };
    if (Date.now() > endBy) throw new Error(`the audit is ${row?.status}`);
    await fetch(`${origin}/__dev/cron`, { method: "POST" });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
