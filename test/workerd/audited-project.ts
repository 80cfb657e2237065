import { drizzle } from "drizzle-orm/d1";
import type { AuditFindingRow } from "../../shared/db/access-audits.ts";
import { readAccessAudit } from "../../shared/db/access-audits.ts";
import { stripeConnections } from "../../shared/db/tables/configuration.ts";
import { parseWrappingKeys, seal } from "../../shared/kit/encryption.ts";
import { newId } from "../../shared/kit/ids.ts";
import { saveSettings } from "../../workers/runtime/db/access-audit-settings.ts";
import { insertAccessAudit } from "../../workers/runtime/db/access-audits.ts";
import { insertProduct } from "../../workers/runtime/db/products.ts";
import { runAccessAudit } from "../../workers/runtime/jobs/run-access-audit.ts";
import { apiKeyAssociatedData } from "../../workers/runtime/stripe-connection/associated-data.ts";
import { now } from "./connected-project.ts";
import { keyOf } from "./databases.ts";
import { newAccount, newMember } from "./members.ts";
import { env } from "./subjects.ts";

/** A project with access audits, and a Stripe with subscriptions that Licenzy did not sell. */

const { DB, DEV } = env;
const daySeconds = 86_400;

const empty = { object: "list", data: [], has_more: false };
const silent = { error: { type: "api_error", message: "Stripe is down" } };

/** A project with an admin, a connection to Stripe and the product PRO. Its mapping is the metadata key `user_id`. */
export async function newProject(mode: "test" | "live" = "test") {
  const account = await newAccount();
  const admin = await newMember(account, "admin");
  const at = await now();
  const [connectionId, created] = [newId("con"), { createdAt: at, updatedAt: at }];
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const place = { projectId: account.projectId, mode };
  await drizzle(DB)
    .insert(stripeConnections)
    .values({
      connectionId,
      ...place,
      apiKeySealed: await seal(keys, apiKeyAssociatedData(connectionId), `sk_${mode}_1`),
      webhookSecretSealed: "",
      ...created,
    });
  await insertProduct(DB, null, {
    ...place,
    ...created,
    productCode: "PRO",
    name: "Pro",
    kind: "subscription",
    stripePriceId: "price_pro",
  });
  const audit = {
    actor: admin.actor,
    at,
    action: "access_audit.save_settings",
    target: "",
    ...place,
  } as const;
  await saveSettings(DB, place, { source: "metadata", metadataKey: "user_id", dailyHour: 6 }, audit);
  return { projectId: place.projectId, place, connectionId, admin };
}
export type Project = Awaited<ReturnType<typeof newProject>>;

export interface Sold {
  id: string;
  customer: string;
  status?: string;
  metadata?: Record<string, string>;
  price?: string;
}

export async function toSubscription({
  id,
  customer,
  status = "active",
  metadata = {},
  price = "price_pro",
}: Sold) {
  const start = Math.floor((await now()) / 1_000);
  return {
    id,
    object: "subscription",
    status,
    customer,
    start_date: start,
    ended_at: status === "canceled" ? start : null,
    cancel_at_period_end: false,
    metadata,
    items: {
      data: [
        { id: `si_${id}`, price: { id: price }, quantity: 1, current_period_end: start + 30 * daySeconds },
      ],
      has_more: false,
    },
  };
}

export const perPage = 100;

/**
 * Lets Stripe have these subscriptions, in pages of its list. `broken` is the page that it does not answer. `listedAs` is the
 * status of some in the list: they change before they are read by themselves.
 */
export async function setStripe(
  all: Sold[],
  { broken, listedAs = {} }: { broken?: number; listedAs?: Record<string, string> } = {},
) {
  const subscriptions = await Promise.all(all.map(toSubscription));
  const open = subscriptions
    .filter(({ status }) => status !== "canceled")
    .map((each) => ({ ...each, status: listedAs[each.id] ?? each.status }));
  // After any object: an audit continues inside a page.
  const pages = [undefined, ...open.map(({ id }) => id)].map((last, from) => {
    const data = open.slice(from, from + perPage);
    const path = `/v1/subscriptions?limit=100${last === undefined ? "" : `&starting_after=${last}`}`;
    const body = { ...empty, data, has_more: from + perPage < open.length };
    const isBroken = broken !== undefined && from === broken * perPage;
    return isBroken ? { path, status: 503, body: silent } : { path, status: 200, body };
  });
  const byCustomer = [...new Set(subscriptions.map(({ customer }) => customer))].map((customer) => ({
    path: `/v1/subscriptions?limit=100&customer=${customer}&`,
    status: 200,
    body: { ...empty, data: subscriptions.filter((each) => each.customer === customer) },
  }));
  const single = subscriptions.map((body) => ({ path: `/v1/subscriptions/${body.id}`, status: 200, body }));
  const lists = [
    "checkout/sessions?",
    "charges?",
    "invoices?",
    "refunds?",
    "disputes?",
    "subscriptions?limit=100&customer=",
  ].map((path) => ({ path: `/v1/${path}`, status: 200, body: empty }));
  await DEV.setStripeAnswers([...single, ...byCustomer, ...lists, ...pages.toReversed()]);
}

export const foreign = (count: number, from = 0): Sold[] =>
  Array.from({ length: count }, (_, index) => {
    const name = String(from + index).padStart(4, "0");
    return { id: `sub_${name}`, customer: `cus_${name}`, metadata: { user_id: `user_${name}` } };
  });

export async function inserted({ place }: Project) {
  const [auditId, at] = [newId("job"), await now()];
  await insertAccessAudit(DB, place, auditId, { now: at, leaseUntil: at, audit: null });
  return auditId;
}

export async function read({ place }: Project, auditId: string) {
  const audit = await readAccessAudit(DB, place, auditId);
  if (audit === null) throw new Error("no audit");
  return audit;
}

/** Runs turns until the report is complete or the audit waits. */
export async function finished(project: Project, auditId: string) {
  for (let turn = 0; turn < 20; turn++) if (!(await runAccessAudit(env, keyOf(auditId)))) break;
  return read(project, auditId);
}

export async function findingsOf(auditId: string) {
  const { results } = await DB.prepare(
    `SELECT finding_id AS findingId, class, subject_ref AS subjectRef, import_state AS importState, action
     FROM access_audit_findings WHERE audit_id = ? ORDER BY finding_id`,
  )
    .bind(auditId)
    .all<Pick<AuditFindingRow, "findingId" | "class" | "subjectRef" | "importState" | "action">>();
  return results;
}
