import { exports } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { stripeConnections } from "../../shared/db/tables/configuration.ts";
import { parseWrappingKeys, seal } from "../../shared/kit/encryption.ts";
import { webhookSecretAssociatedData } from "../../workers/runtime/stripe-connection/associated-data.ts";
import {
  buildStripeEvent,
  insertCheckoutAttempt,
  newConnectedProject,
  now,
  readInboxRow,
  readSubject,
} from "./connected-project.ts";
import { env } from "./subjects.ts";

const secret = "whsec_test";

/** A project with a Stripe account, and the event of a paid session of one of its checkouts. */
async function newPaidEvent() {
  const project = await newConnectedProject();
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const { connectionId } = project;
  const webhookSecretSealed = await seal(keys, webhookSecretAssociatedData(connectionId), secret);
  await drizzle(env.DB).update(stripeConnections).set({ webhookSecretSealed, stripeAccountId: "acct_ours" });
  const metadata = await insertCheckoutAttempt(project, "user_1");
  const session = {
    id: "cs_1",
    payment_status: "paid",
    payment_intent: "pi_1",
    amount_total: 100,
    metadata,
  };
  const event = await buildStripeEvent("checkout.session.completed", session);
  const credits = async () => (await readSubject(project, "user_1")).usageRemaining;
  return { project, event, credits };
}

/** Posts an event as Stripe does. */
async function send(connectionId: string, event: object): Promise<Response> {
  const payload = JSON.stringify(event);
  const timestamp = Math.floor((await now()) / 1_000);
  const header = await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret, timestamp });
  return exports.default.fetch(
    new Request(`https://api.example.com/v1/webhooks/stripe/tenant/${connectionId}`, {
      method: "POST",
      headers: { "Stripe-Signature": header },
      body: payload,
    }),
  );
}

/** Runs `work` without a table. */
async function without(table: string, work: () => Promise<void>): Promise<void> {
  await env.DB.exec(`ALTER TABLE ${table} RENAME TO ${table}_away`);
  try {
    await work();
  } finally {
    await env.DB.exec(`ALTER TABLE ${table}_away RENAME TO ${table}`);
  }
}

describe("a Stripe event that can't be stored while D1 fails", () => {
  it.each(["stripe_events", "stripe_connections"])(
    "gets 503 while %s fails, so that Stripe sends it again, and is applied then",
    async (table) => {
      const { project, event, credits } = await newPaidEvent();
      await without(table, async () => {
        const refused = await send(project.connectionId, event);
        expect(refused.status).toBe(503);
        expect(refused.headers.get("Retry-After")).toBe("1");
        expect(await refused.json()).toMatchObject({ error: "temporarily_unavailable" });
        expect(await credits()).toBe(0);
      });
      expect(await readInboxRow(project, event.id)).toBeUndefined();
      expect((await send(project.connectionId, event)).status).toBe(200);
      expect(await readInboxRow(project, event.id)).toMatchObject({ status: "applied", tries: 1 });
      expect(await credits()).toBe(10);
    },
  );

  it("gets 200 once it is stored, although it can't be applied yet", async () => {
    const { project, event, credits } = await newPaidEvent();
    await without("checkout_attempts", async () => {
      expect((await send(project.connectionId, event)).status).toBe(200);
      expect(await readInboxRow(project, event.id)).toMatchObject({ status: "received", tries: 1 });
    });
    expect(await credits()).toBe(0);
  });
});

describe("an event of another account", () => {
  it.each([
    ["checkout.session.completed", null],
    ["refund.created", { id: "re_1", amount: 1, status: "succeeded", payment_intent: "pi_1", created: 1 }],
    ["charge.refunded", { id: "ch_1", payment_intent: "pi_1" }],
    ["an.unknown.type", null],
  ])(
    "%s is ignored with the reason, before anything is looked up in D1 or at Stripe",
    async (type, object) => {
      const { project, event, credits } = await newPaidEvent();
      const calls = await env.DEV.countStripeCalls("/v1/");
      const changed = object === null ? event.data : { object };
      const foreign = { ...event, type, account: "acct_stranger", data: changed };
      await without("checkout_attempts", () =>
        without("stripe_objects", async () => {
          expect((await send(project.connectionId, foreign)).status).toBe(200);
          expect(await readInboxRow(project, event.id)).toMatchObject({
            status: "ignored",
            detail: "another account's event",
            subjectRef: null,
          });
        }),
      );
      expect(await env.DEV.countStripeCalls("/v1/")).toBe(calls);
      expect(await credits()).toBe(0);
    },
  );

  it("an event that names the connection's own account is applied", async () => {
    const { project, event, credits } = await newPaidEvent();
    expect((await send(project.connectionId, { ...event, account: "acct_ours" })).status).toBe(200);
    expect(await readInboxRow(project, event.id)).toMatchObject({ status: "applied" });
    expect(await credits()).toBe(10);
  });
});
