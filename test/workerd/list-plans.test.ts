import { describe, expect, it } from "vitest";
import { readProductTerms } from "../../shared/db/product-terms.ts";
import { findStripeEvent } from "../../shared/db/stripe-events.ts";
import { prepareWebhookArrivals } from "../../shared/db/webhook-arrivals.ts";
import { listKeys } from "../../workers/portal/db/api-keys.ts";
import { listAuditEntries } from "../../workers/portal/db/audit.ts";
import { readCustomerLists } from "../../workers/portal/db/customer.ts";
import { searchCustomers } from "../../workers/portal/db/customer-search.ts";
import {
  type CustomerSort,
  type CustomerTab,
  customerSorts,
  customerTabs,
  listCustomers,
} from "../../workers/portal/db/customers.ts";
import { readOverview } from "../../workers/portal/db/overview.ts";
import { listProducts } from "../../workers/portal/db/products.ts";
import { readRecoveryFacts } from "../../workers/portal/db/recovery-facts.ts";
import { readLinkSecretFacts } from "../../workers/portal/db/recovery-links.ts";
import { readShadow } from "../../workers/portal/db/shadow.ts";
import { listStripeEvents } from "../../workers/portal/db/stripe-events.ts";
import {
  listEndpointHealth,
  readDeliveryPage,
  readEndpointDetail,
} from "../../workers/portal/db/webhooks.ts";
import { readAppAnswers } from "../../workers/runtime/db/app-answers.ts";
import { readKeyFacts } from "../../workers/runtime/db/key-facts.ts";
import { removeOldAttempts } from "../../workers/runtime/db/old-attempts.ts";
import { listEventBodies } from "../../workers/runtime/db/outbound-event-list.ts";
import { listActiveProducts } from "../../workers/runtime/db/products.ts";
import { readRecoveryInputs } from "../../workers/runtime/db/recovery.ts";
import { readLink } from "../../workers/runtime/db/recovery-links.ts";
import { listLargestObjects } from "../../workers/runtime/db/storage-sizes.ts";
import { claimReviews } from "../../workers/runtime/db/subjects.ts";
import { claimNextSubjects } from "../../workers/runtime/db/sweep-positions.ts";
import {
  claimRollouts,
  listNextSubscribers,
  type TermsRollout,
} from "../../workers/runtime/db/terms-rollouts.ts";
import { env } from "./subjects.ts";

/** Covers the portal's D1 reads: each takes one round trip, from an index that returns the rows in order. */

interface Query {
  sql: string;
  values: unknown[];
}

/** Wraps D1 to record its queries and to count its round trips. */
function recordingD1() {
  const queries: Query[] = [];
  let roundTrips = 0;
  const originals = new WeakMap<object, D1PreparedStatement>();
  const wrap = (statement: D1PreparedStatement, sql: string, values: unknown[]): D1PreparedStatement => {
    const once =
      <T>(work: () => T) =>
      () => {
        roundTrips++;
        queries.push({ sql, values });
        return work();
      };
    const wrapped = {
      sql,
      values,
      bind: (...bound: unknown[]) => wrap(statement.bind(...bound), sql, bound),
      first: once(() => statement.first()),
      all: once(() => statement.all()),
      raw: once(() => statement.raw()),
      run: once(() => statement.run()),
    };
    originals.set(wrapped, statement);
    return wrapped as unknown as D1PreparedStatement;
  };
  const db = {
    prepare: (sql: string) => wrap(env.DB.prepare(sql), sql, []),
    batch: (statements: (D1PreparedStatement & Query)[]) => {
      roundTrips++;
      queries.push(...statements.map(({ sql, values }) => ({ sql, values })));
      return env.DB.batch(statements.map((each) => originals.get(each) ?? each));
    },
  } as unknown as D1Database;
  return { db, queries, roundTrips: () => roundTrips };
}

async function planOf({ sql, values }: Query): Promise<string[]> {
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  return results.map(({ detail }) => detail);
}

/** Matches a plan step that reads a whole table. */
const isScan = (step: string) =>
  /^SCAN /.test(step) &&
  // Lists in a parameter, and the few sweeps of the installation.
  !/^SCAN (json_each|\(subquery|CONSTANT ROW|page|\w+ VIRTUAL TABLE|sweep_troubles)/.test(step);
/** Matches a plan step that sorts rows, because no index returned them in order. */
const isSort = (step: string) => step.includes("USE TEMP B-TREE");

const place = { projectId: "prj_plans", mode: "test" as const };
const events = (filter: Parameters<typeof listStripeEvents>[2]) => (db: D1Database) =>
  listStripeEvents(db, place, filter, 51);
const deliveries = (filter: Parameters<typeof readDeliveryPage>[2]) => (db: D1Database) =>
  readDeliveryPage(db, place, filter, { after: null, limit: 51 });
const before = { receivedAt: 1, eventId: "evt_1" };

/**
 * `sorts` is the number of allowed sorts: of one customer's few entitlements or checkouts, of one page, or of the few
 * customers of a tab; never of a whole list.
 */
type Read = [what: string, index: string | null, read: (db: D1Database) => Promise<unknown>, sorts?: number];

const isFew = (tab: CustomerTab) => tab !== "all" && tab !== "allowed" && tab !== "denied";

function indexOf(tab: CustomerTab, sort: CustomerSort): string | null {
  if (isFew(tab)) return tab === "waiting" ? "subjects_awaiting_payment" : "subjects_by_attention";
  if (sort === "customer") return tab === "all" ? null : "subjects_by_access_and_name";
  const indexes = { units: "by_units", paid: "by_paid", ends: "by_end", created: "by_access" };
  return `subjects_${indexes[sort]}`;
}

const terms = {
  ids: ["cus_1", "evt_1"],
  tags: ["c38735d6ea459e82"],
  refs: ["user_1"],
  shortened: { start: "cus_12345", end: "67890" },
};

const reads: Read[] = [
  ...customerTabs.flatMap((tab) =>
    customerSorts.flatMap((sort) =>
      [null, { direction: "before" as const, position: sort === "customer" ? null : 1, subjectRef: "u" }].map(
        (cursor): Read => {
          const query = { tab, filter: {}, sort, descending: cursor === null, cursor, limit: 50 };
          const isSorted = isFew(tab) && sort !== "created";
          return [
            `customers, tab ${tab} by ${sort}, ${cursor === null ? "first page" : "the page before"}`,
            indexOf(tab, sort),
            (db) => listCustomers({ control: db, data: db }, place, query),
            // The entitlements of each customer; the customers of a tab with few; by name, their page once more.
            isSorted ? (sort === "customer" ? 3 : 2) : 1,
          ];
        },
      ),
    ),
  ),
  [
    "customers with every filter",
    "entitlements_by_product",
    (db) => {
      const range = { min: 1, below: 2 };
      const filter = { product: "P", units: range, ends: range, created: range };
      return listCustomers({ control: db, data: db }, place, {
        tab: "denied",
        filter,
        sort: "units",
        descending: false,
        cursor: null,
        limit: 50,
      });
    },
    1,
  ],
  [
    "a search",
    "subjects_by_tag",
    (db) => searchCustomers({ control: db, data: db }, place, terms, { after: null, limit: 50 }),
    3,
  ],
  [
    "a further page of a search",
    null,
    (db) => searchCustomers({ control: db, data: db }, place, terms, { after: "u1", limit: 50 }),
    3,
  ],
  ["the largest objects", "subjects_large", (db) => listLargestObjects(db, 10)],
  ["Stripe events", "stripe_events_by_age", events({})],
  ["Stripe events, a further page", "stripe_events_by_age", events({ before })],
  ["how Stripe events arrived", "stripe_events_by_age", (db) => prepareWebhookArrivals(db, place).run()],
  // The counts by result.
  [
    "shadow disagreements",
    "shadow_disagreements_by_age",
    (db) => readShadow(db, place, { before: null, limit: 51, now: 1 }),
    1,
  ],
  ["shadow answers about customers", "PRIMARY KEY", (db) => readAppAnswers(db, place, ["user_1"], 1)],
  ["Stripe events of a result", "stripe_events_by_status", events({ status: "failed" })],
  ["Stripe events of a type", "stripe_events_by_type", events({ type: "invoice.paid" })],
  ["Stripe events of a customer", "stripe_events_by_subject", events({ subjectRef: "user_1" })],
  ["one Stripe event", "sqlite_autoindex_stripe_events_1", (db) => findStripeEvent(db, place, "evt_1")],
  ["products", null, (db) => listProducts(db, place, { archived: false }, 51)],
  ["products for the API", null, (db) => listActiveProducts(db, place, "A", 51)],
  ["events for the API", "events_by_project", (db) => listEventBodies(db, place, "evt_1", 51)],
  [
    "the facts of a key",
    "stripe_connections_one_per_mode",
    (db) => readKeyFacts({ control: db, data: db }, place, 1),
  ],
  ["what products include", null, (db) => readProductTerms(db, place, ["A", "B"])],
  ["API keys", "api_keys_by_project", (db) => listKeys(db, place, undefined, 51)],
  ["endpoints", "endpoints_by_project", (db) => listEndpointHealth(db, place)],
  ["one endpoint", "deliveries_by_endpoint", (db) => readEndpointDetail(db, place, "ep_1", 10)],
  ["deliveries", "deliveries_by_project", deliveries({})],
  ["deliveries of a state", "deliveries_in_trouble", deliveries({ states: ["dead"] })],
  ["deliveries of an endpoint", "deliveries_by_endpoint", deliveries({ endpointId: "ep_1" })],
  [
    "deliveries of an endpoint and a state",
    "deliveries_in_trouble",
    deliveries({ endpointId: "ep_1", states: ["dead", "failed"] }),
  ],
  ["deliveries by HTTP status", "deliveries_by_failed_status", deliveries({ httpStatus: 500 })],
  ["deliveries of a customer", "deliveries_by_subject", deliveries({ subjectRef: "user_1" })],
  ["the audit log", "audit_log_by_account", (db) => listAuditEntries(db, { accountId: "acc_1" }, 51)],
  // The sums are grouped; the few open alerts and the few sweeps with a trouble are sorted.
  [
    "the overview",
    "stripe_events_by_status",
    (db) => readOverview({ control: db, data: db }, place, { now: 1, ranges: [[1, 2]] }),
    3,
  ],
  [
    "a customer's lists",
    "deliveries_by_subject",
    (db) =>
      readCustomerLists(
        { control: db, data: db },
        { ...place, subjectRef: "user_1" },
        { before: null, limit: 100 },
      ),
    1,
  ],
  [
    "what a recovery needs",
    "erasures_by_subject",
    (db) =>
      readRecoveryInputs(
        { control: db, data: db },
        { ...place, subjectRef: "user_1" },
        { keyHash: "k", requestHash: "r", requestId: "req_plans", reason: null, now: 1 },
        ["A"],
      ),
  ],
  ["a recovery link", "PRIMARY KEY", (db) => readLink(db, "lnk_1")],
  ["what the preview of a link needs", null, (db) => readRecoveryFacts(db, place)],
  ["the links that still work", "recovery_links_by_subject", (db) => readLinkSecretFacts(db, "prj_1", 1)],
];

describe("portal reads", () => {
  it.each(reads)("the read of %s makes one call to D1 without a scan", async (_, index, read, sorts = 0) => {
    const { db, queries, roundTrips } = recordingD1();
    await read(db);
    expect(roundTrips()).toBe(1);
    const plans = (await Promise.all(queries.map(planOf))).flat();
    expect(plans.filter(isScan)).toEqual([]);
    expect(plans.filter(isSort)).toHaveLength(sorts);
    if (index !== null) expect(plans.join("\n")).toContain(` ${index} `);
  });

  it("the sweep of unpaid checkouts reads its position and a page of rows, without a scan", async () => {
    const { db, queries, roundTrips } = recordingD1();
    await removeOldAttempts({ control: db, data: db }, { before: 2, now: 3, limit: 5 });
    // The position of the sweep, the rows, and the next position.
    expect(roundTrips()).toBe(3);
    const plans = (await Promise.all(queries.map(planOf))).flat();
    expect(plans.filter(isScan)).toEqual([]);
    expect(plans.join("\n")).toContain(" checkout_attempts_unfinished ");
  });
});

const rollout: TermsRollout = {
  ...{ projectId: "prj_1", mode: "test", productCode: "PRO", version: 1, status: "running", round: 1 },
  ...{ cursor: "", total: 0, done: 0, unreached: 0, leaseUntil: 0, createdAt: 0, updatedAt: 0 },
};

const claims: [what: string, index: string, claim: (db: D1Database) => Promise<unknown>][] = [
  [
    "objects to arm again",
    "subjects_by_tag",
    (db) => claimNextSubjects(db, "plans", { now: 2, roundMs: 1 }, 20),
  ],
  ["rollouts of terms", "terms_rollouts_due", (db) => claimRollouts(db, { now: 0, leaseUntil: 1 }, 5)],
  ["subscribers of a product", "entitlements_by_product", (db) => listNextSubscribers(db, rollout, 20)],
  ["reviews", "subjects_by_next_review", (db) => claimReviews(db, { now: 0, until: 1 }, 5)],
];

describe("claims of sweeps", () => {
  it.each(claims)("the claim of %s reads no more rows than it claims", async (_, index, claim) => {
    const { db, queries } = recordingD1();
    await claim(db);
    const plans = (await Promise.all(queries.map(planOf))).flat();
    expect(plans.filter((step) => isScan(step) || isSort(step))).toEqual([]);
    expect(plans.join("\n")).toContain(` ${index} `);
  });
});
