import { drizzle } from "drizzle-orm/d1";
import { beforeEach, describe, expect, it } from "vitest";
import { readCustomer } from "../../shared/contract/operations/customers.ts";
import { hashSubjectName } from "../../shared/db/erasures.ts";
import { stripeConnections } from "../../shared/db/tables/configuration.ts";
import { erasures } from "../../shared/db/tables/records.ts";
import { stripeObjects } from "../../shared/db/tables/stripe.ts";
import { parseWrappingKeys, seal } from "../../shared/kit/encryption.ts";
import { connectionIdOf, newId } from "../../shared/kit/ids.ts";
import { apiKeyAssociatedData } from "../../workers/runtime/stripe-connection/associated-data.ts";
import { type Account, newAccount, newMember } from "./members.ts";
import { run } from "./operator-calls.ts";
import { env } from "./subjects.ts";

const database = drizzle(env.DB);
const subjectRef = "user_1";
const seconds = 1_790_000_000;
const list = (...data: object[]) => ({ object: "list", data, has_more: false });

interface Connected extends Account {
  connectionId: string;
  caller: Awaited<ReturnType<typeof newMember>>["caller"];
}

/** Creates a connected project with a viewer. */
async function connect(mode: "test" | "live" = "test"): Promise<Connected> {
  const account = await newAccount();
  const { caller } = await newMember(account, "viewer");
  const connectionId = connectionIdOf({ projectId: account.projectId, mode });
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  await database.insert(stripeConnections).values({
    connectionId,
    projectId: account.projectId,
    mode,
    apiKeySealed: await seal(keys, apiKeyAssociatedData(connectionId), `sk_${mode}_1`),
    webhookSecretSealed: "",
    createdAt: 1,
    updatedAt: 1,
  });
  return { ...account, caller, connectionId };
}

async function addStripeCustomer({ connectionId }: Connected, stripeId: string, createdAt = 1) {
  const row = { connectionId, stripeId, subjectRef, attemptId: null, createdAt };
  await database.insert(stripeObjects).values(row);
}

async function read({ caller, projectId }: Connected, mode: "test" | "live" = "test") {
  const page = { before: null, limit: 1, withProfile: true };
  const reply = await run(readCustomer, caller, { projectId, mode }, { subjectRef, ...page });
  if (reply.outcome === "refused") return reply;
  const { profile } = reply;
  return profile !== null && "outcome" in profile ? profile : { outcome: "done" as const, profile };
}

const charge = (id: string, changes: object = {}) => ({
  id,
  amount: 2_900,
  amount_captured: 2_900,
  amount_refunded: 0,
  created: seconds,
  currency: "eur",
  customer: "cus_1",
  description: "Subscription creation",
  disputed: false,
  failure_message: null,
  metadata: {},
  payment_intent: "pi_1",
  payment_method_details: { type: "card", card: { brand: "visa", last4: "4242" } },
  status: "succeeded",
  ...changes,
});

const invoice = {
  id: "in_2",
  next_payment_attempt: seconds + 3 * 86_400,
  parent: { subscription_details: { subscription: "sub_1" } },
  payments: list({ payment: { type: "payment_intent", payment_intent: "pi_2" } }),
};

const subscription = {
  id: "sub_1",
  currency: "eur",
  items: {
    ...list({
      quantity: 2,
      price: { unit_amount: 1_450, recurring: { interval: "month", interval_count: 1 } },
    }),
  },
};

const failed = {
  status: "failed",
  payment_intent: "pi_2",
  amount_captured: 0,
  failure_message: "Your card was declined.",
};

const answers = (customerId = "cus_1") => [
  {
    path: `/v1/customers/${customerId}`,
    status: 200,
    body: { id: customerId, name: "Anna Becker", email: "anna@example.com" },
  },
  {
    path: "/v1/charges?",
    status: 200,
    body: list(
      charge("ch_4", failed),
      charge("ch_3", failed),
      charge("ch_2", { amount_refunded: 900, payment_intent: "pi_3" }),
      charge("ch_1", { disputed: true }),
    ),
  },
  { path: "/v1/invoices?", status: 200, body: list(invoice) },
  { path: "/v1/subscriptions?", status: 200, body: list(subscription) },
  {
    path: "/v1/disputes?charge=ch_1",
    status: 200,
    body: list({ id: "dp_1", charge: "ch_1", status: "needs_response" }),
  },
];

beforeEach(async () => {
  await env.DEV.setStripeAnswers(answers());
});

/** Every row of D1 as one text. */
async function dumpD1(): Promise<string> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>();
  const tables = await Promise.all(
    results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()),
  );
  return JSON.stringify(tables.map((table) => table.results));
}

describe("the profile of customer.read", () => {
  it("returns name, email, plan price and payments of the customer at Stripe, and D1 keeps none of it", async () => {
    const project = await connect();
    await addStripeCustomer(project, "cus_1");
    const reply = await read(project);
    expect(reply).toMatchObject({
      outcome: "done",
      profile: {
        stripeCustomerId: "cus_1",
        olderCustomers: 0,
        name: "Anna Becker",
        email: "anna@example.com",
        paid: [{ currency: "eur", amount: 4_900 }],
        paidIsPartial: false,
        hasMorePayments: false,
        plans: [{ subscriptionId: "sub_1", amount: 2_900, currency: "eur", interval: "month" }],
        payments: [
          {
            chargeId: "ch_4",
            status: "failed",
            subscriptionId: "sub_1",
            nextRetryAt: invoice.next_payment_attempt * 1_000,
          },
          { chargeId: "ch_3", status: "failed", nextRetryAt: null },
          { chargeId: "ch_2", amountRefunded: 900, dispute: null },
          {
            chargeId: "ch_1",
            dispute: "needs_response",
            method: { type: "card", brand: "visa", last4: "4242" },
          },
        ],
      },
    });
    expect(await dumpD1()).not.toMatch(/Anna Becker|anna@example\.com|4242/);
  });

  it("reads Stripe once in five minutes, and again after a new Stripe event of the customer", async () => {
    const project = await connect();
    await addStripeCustomer(project, "cus_1");
    const count = () => env.DEV.countStripeCalls("/v1/customers/cus_1");
    const before = await count();
    await read(project);
    await read(project);
    expect(await count()).toBe(before + 1);
    await env.DB.prepare(
      `INSERT INTO stripe_events (connection_id, event_id, project_id, mode, type, stripe_created_at, payload,
         status, found_by, received_at, tries, subject_ref)
       VALUES (?, 'evt_1', ?, 'test', 'charge.refunded', 1, '{}', 'applied', 'webhook', 2, 1, ?)`,
    )
      .bind(project.connectionId, project.projectId, subjectRef)
      .run();
    await read(project);
    expect(await count()).toBe(before + 2);
    await env.DEV.advance(5 * 60_000);
    await read(project);
    expect(await count()).toBe(before + 3);
  });

  it("shows the newest of several Stripe customers and says how many it leaves out", async () => {
    const project = await connect();
    await addStripeCustomer(project, "cus_old", 1);
    await addStripeCustomer(project, "cus_new", 2);
    await env.DEV.setStripeAnswers(answers("cus_new"));
    expect(await read(project)).toMatchObject({
      profile: { stripeCustomerId: "cus_new", olderCustomers: 1 },
    });
  });

  it("a live mode customer is read with the live connection only", async () => {
    const project = await connect("live");
    await addStripeCustomer(project, "cus_1");
    expect(await read(project, "live")).toMatchObject({ profile: { name: "Anna Becker" } });
    expect(await read(project, "test")).toEqual({ outcome: "done", profile: null });
  });

  it("a customer who was deleted at Stripe has payments and no name", async () => {
    const project = await connect();
    await addStripeCustomer(project, "cus_1");
    const deleted = { path: "/v1/customers/cus_1", status: 200, body: { id: "cus_1", deleted: true } };
    await env.DEV.setStripeAnswers([deleted, ...answers()]);
    expect(await read(project)).toMatchObject({
      profile: { name: null, email: null, payments: { length: 4 } },
    });
  });

  it("a customer who is being erased shows nothing, although the profile is still in memory", async () => {
    const project = await connect();
    await addStripeCustomer(project, "cus_1");
    expect(await read(project)).toMatchObject({ profile: { name: "Anna Becker" } });
    const key = { projectId: project.projectId, mode: "test" as const, subjectRef };
    await database.insert(erasures).values({
      ...key,
      erasureId: newId("ers"),
      subjectHash: hashSubjectName(key),
      state: "running",
      askedAt: 1,
      operatorId: "opr_1",
      operatorName: "Dana",
    });
    expect(await read(project)).toEqual({ outcome: "done", profile: null });
  });

  it("a hanging Stripe costs the page one second and no more", async () => {
    const project = await connect();
    await addStripeCustomer(project, "cus_1");
    await env.DEV.hangStripe(true);
    try {
      const startedAt = Date.now();
      expect(await read(project)).toMatchObject({
        outcome: "refused",
        reason: "stripe",
        message: "Stripe didn't respond. Reload to try again.",
      });
      expect(Date.now() - startedAt).toBeLessThan(2_000);
    } finally {
      await env.DEV.hangStripe(false);
    }
  });

  it.each([
    [
      429,
      { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" },
      /didn't respond/,
    ],
    [503, { type: "api_error", message: "Down" }, /didn't respond/],
    [
      401,
      { type: "invalid_request_error", message: "Invalid API Key provided" },
      /^Stripe rejected the request: Invalid API Key/,
    ],
  ])("a reply of %i from Stripe is a refusal, and is not remembered", async (status, error, message) => {
    const project = await connect();
    await addStripeCustomer(project, "cus_1");
    await env.DEV.setStripeAnswers([{ path: "/v1/charges", status, body: { error } }, ...answers()]);
    expect(await read(project)).toMatchObject({
      outcome: "refused",
      reason: "stripe",
      message: expect.stringMatching(message),
    });
    await env.DEV.setStripeAnswers(answers());
    expect(await read(project)).toMatchObject({ outcome: "done", profile: { name: "Anna Becker" } });
  });

  it("a customer without a Stripe customer has no profile, and Stripe is not called", async () => {
    const project = await connect();
    const before = await env.DEV.countStripeCalls("/v1/");
    expect(await read(project)).toEqual({ outcome: "done", profile: null });
    expect(await env.DEV.countStripeCalls("/v1/")).toBe(before);
  });
});
