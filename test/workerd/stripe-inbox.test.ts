import { exports } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { insertAccountWithProject } from "../../dev/entries/runtime/insert-project.ts";
import { checkoutAttempts, stripeEvents } from "../../shared/db/tables/stripe.ts";
import { parseWrappingKeys, seal } from "../../shared/kit/encryption.ts";
import { connectionIdOf, newId } from "../../shared/kit/ids.ts";
import { buildLicenzyMetadata } from "../../shared/stripe/licenzy-metadata.ts";
import type { FrozenRequest } from "../../workers/runtime/checkout/frozen-request.ts";
import { saveConnection } from "../../workers/runtime/db/stripe-connections.ts";
import { insertStripeEvent } from "../../workers/runtime/db/stripe-events.ts";
import { webhookSecretAssociatedData } from "../../workers/runtime/stripe-connection/associated-data.ts";
import { processStripeEvent } from "../../workers/runtime/stripe-events/process-event.ts";
import { callSubject } from "../../workers/runtime/subject-stub.ts";
import { buildPack, env, now } from "./subjects.ts";

const maintenance = exports.MaintenanceEntrypoint;
const minute = 60_000;

interface Purchase {
  connectionId: string;
  projectId: string;
  attemptId: string;
  eventId: string;
}

/**
 * Creates a connected project with a paid session's event in its inbox, as the route leaves it before the
 * first try.
 */
async function storedEvent(
  change: { type?: string; livemode?: boolean; metadata?: object } = {},
): Promise<Purchase> {
  const at = await now();
  const [accountId, projectId] = [newId("acc"), newId("prj")];
  const connectionId = connectionIdOf({ projectId, mode: "test" });
  const attemptId = newId("att");
  const eventId = `evt_${attemptId}`;
  const created = { createdAt: at, updatedAt: at };
  await insertAccountWithProject(
    env.DB,
    { accountId, name: "a", planStatus: "active", planSyncedAt: at, ...created },
    { projectId, accountId, name: "p", region: "weur", ...created },
  );
  const sealed = { apiKeySealed: "", webhookSecretSealed: "" };
  const unknown = { webhookSetAt: null, webhookEndpointId: null, stripeAccountId: null, apiKeyHint: null };
  const sweep = {
    sweptTo: null,
    nextSweepAt: null,
    sweepError: null,
    rereadStartedAt: null,
    rereadAfter: null,
  };
  const connection = {
    connectionId,
    projectId,
    mode: "test" as const,
    ...sealed,
    ...unknown,
    ...sweep,
    ...created,
  };
  await saveConnection(env.DB, connection, null);
  const ours = { projectId, mode: "test", subjectRef: "user_1", productCode: "CREDITS", attemptId };
  const payload = {
    id: eventId,
    object: "event",
    type: change.type ?? "checkout.session.completed",
    created: Math.floor(at / 1_000),
    livemode: change.livemode ?? false,
    data: {
      object: {
        id: `cs_${attemptId}`,
        payment_status: "paid",
        payment_intent: `pi_${attemptId}`,
        customer: { id: `cus_${attemptId}`, object: "customer" },
        metadata: change.metadata ?? buildLicenzyMetadata(ours),
      },
    },
  };
  await insertStripeEvent(env.DB, {
    connectionId,
    eventId,
    projectId,
    mode: "test",
    type: payload.type,
    stripeCreatedAt: at,
    payload: JSON.stringify(payload),
    status: "received",
    nextTryAt: at + 30_000,
    receivedAt: at,
    foundBy: "webhook",
  });
  return { connectionId, projectId, attemptId, eventId };
}

async function insertAttemptOf({ connectionId, projectId, attemptId }: Purchase): Promise<void> {
  const at = await now();
  const frozen: FrozenRequest = {
    request: { subject_ref: "user_1", product_code: "CREDITS" },
    terms: buildPack(10),
    stripePriceId: "price_1",
    successUrl: "https://example.com",
    cancelUrl: null,
    customerId: null,
  };
  await drizzle(env.DB)
    .insert(checkoutAttempts)
    .values({
      attemptId,
      projectId,
      mode: "test",
      subjectRef: "user_1",
      productCode: "CREDITS",
      connectionId,
      idempotencyKeyHash: attemptId,
      requestHash: "",
      frozen: JSON.stringify(frozen),
      status: "created",
      createdAt: at,
      updatedAt: at,
    });
}

/** Makes the first try, as the route does after it stored the event. */
async function tryNow({ connectionId, eventId, projectId }: Purchase): Promise<void> {
  await env.DB.prepare("UPDATE stripe_events SET next_try_at = 0 WHERE event_id = ?").bind(eventId).run();
  await processStripeEvent(env, { connectionId, eventId, projectId });
}

async function rowOf({ connectionId, eventId }: Purchase) {
  const [row] = await drizzle(env.DB)
    .select()
    .from(stripeEvents)
    .where(and(eq(stripeEvents.connectionId, connectionId), eq(stripeEvents.eventId, eventId)));
  return row;
}

const creditsOf = async ({ projectId }: Purchase) => {
  const identity = { projectId, mode: "test", subjectRef: "user_1", region: "weur" } as const;
  return (await callSubject(env, identity, (subject) => subject.read())).usageRemaining;
};

const attemptStatus = async ({ attemptId }: Purchase) => {
  const rows = await drizzle(env.DB)
    .select()
    .from(checkoutAttempts)
    .where(eq(checkoutAttempts.attemptId, attemptId));
  return rows[0]?.status;
};

// Removes events of other tests, so that the sweep does not process them here.
beforeEach(async () => {
  await env.DB.exec("DELETE FROM stripe_events");
});

/** Posts the event's payload as Stripe does, for the first time or by "Resend" in its dashboard. */
async function sendAgain(purchase: Purchase): Promise<number> {
  const { connectionId } = purchase;
  const secret = "whsec_resend";
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const sealed = await seal(keys, webhookSecretAssociatedData(connectionId), secret);
  await env.DB.prepare("UPDATE stripe_connections SET webhook_secret_sealed = ? WHERE connection_id = ?")
    .bind(sealed, connectionId)
    .run();
  const payload = (await rowOf(purchase))?.payload ?? "";
  const timestamp = Math.floor((await now()) / 1_000);
  const header = await Stripe.webhooks.generateTestHeaderStringAsync({ payload, secret, timestamp });
  const reply = await exports.default.fetch(
    new Request(`https://api.example.com/v1/webhooks/stripe/tenant/${connectionId}`, {
      method: "POST",
      headers: { "Stripe-Signature": header },
      body: payload,
    }),
  );
  return reply.status;
}

describe("an event that is sent again from Stripe's dashboard", () => {
  it("a failed event is tried again with its whole schedule", async () => {
    const purchase = await storedEvent();
    await env.DB.exec("UPDATE stripe_events SET status = 'failed', tries = 12, next_try_at = NULL");
    await insertAttemptOf(purchase);
    expect(await sendAgain(purchase)).toBe(200);
    expect(await rowOf(purchase)).toMatchObject({ status: "applied", tries: 1 });
    expect(await creditsOf(purchase)).toBe(10);
  });

  it("an applied event is not tried again", async () => {
    const purchase = await storedEvent();
    await insertAttemptOf(purchase);
    await tryNow(purchase);
    expect(await sendAgain(purchase)).toBe(200);
    expect(await rowOf(purchase)).toMatchObject({ status: "applied", tries: 1 });
    expect(await creditsOf(purchase)).toBe(10);
  });
});

describe("a session with copied metadata", () => {
  it("a paid session that its checkout attempt did not make grants nothing, and fails visibly", async () => {
    const purchase = await storedEvent();
    await insertAttemptOf(purchase);
    await drizzle(env.DB).update(checkoutAttempts).set({ stripeSessionId: "cs_made" });
    await tryNow(purchase);
    const detail = `not a sale: the session of checkout attempt ${purchase.attemptId} is cs_made`;
    expect(await rowOf(purchase)).toMatchObject({ status: "failed", detail });
    expect(await creditsOf(purchase)).toBe(0);
    expect(await attemptStatus(purchase)).toBe("created");
  });
});

describe("a sale after a checkout crashed before it stored its session", () => {
  it("a session that metadata alone identifies grants its purchase, and its event is flagged", async () => {
    const purchase = await storedEvent();
    await insertAttemptOf(purchase);
    await tryNow(purchase);
    const detail = `known by metadata alone: checkout attempt ${purchase.attemptId} has stored no session`;
    expect(await rowOf(purchase)).toMatchObject({ status: "applied", detail });
    expect(await creditsOf(purchase)).toBe(10);
  });

  it("the flag stays when a crash made the first try invisible", async () => {
    const purchase = await storedEvent();
    await insertAttemptOf(purchase);
    await tryNow(purchase);
    await env.DB.exec("UPDATE stripe_events SET status = 'received', detail = NULL");
    await tryNow(purchase);
    expect((await rowOf(purchase))?.detail).toMatch(/^known by metadata alone: /);
    expect(await creditsOf(purchase)).toBe(10);
  });

  it("a session that the attempt stored is not flagged", async () => {
    const purchase = await storedEvent();
    await insertAttemptOf(purchase);
    await drizzle(env.DB)
      .update(checkoutAttempts)
      .set({ stripeSessionId: `cs_${purchase.attemptId}` });
    await tryNow(purchase);
    expect(await rowOf(purchase)).toMatchObject({ status: "applied", detail: null });
  });
});

describe("inbox after a crash before the first try", () => {
  it("the sweep processes a stored event after 30 seconds and not before", async () => {
    const purchase = await storedEvent();
    await insertAttemptOf(purchase);
    expect(await maintenance.sweep("inbox")).toEqual({ tried: 0 });
    await env.DEV.advance(31_000);
    expect(await maintenance.sweep("inbox")).toEqual({ tried: 1 });
    expect(await rowOf(purchase)).toMatchObject({ status: "applied", subjectRef: "user_1", tries: 1 });
    expect(await creditsOf(purchase)).toBe(10);
    expect(await attemptStatus(purchase)).toBe("finalized");
    expect(await maintenance.sweep("inbox")).toEqual({ tried: 0 });
  });
});

describe("inbox after a crash between grant and settlement", () => {
  it("the sweep settles an event without a second grant when a crash followed the grant", async () => {
    const purchase = await storedEvent();
    await insertAttemptOf(purchase);
    await tryNow(purchase);
    await env.DB.exec("UPDATE stripe_events SET status = 'received', next_try_at = 0");
    await env.DB.exec("UPDATE checkout_attempts SET status = 'created'");
    await maintenance.sweep("inbox");
    expect(await rowOf(purchase)).toMatchObject({ status: "applied" });
    expect(await creditsOf(purchase)).toBe(10);
    expect(await attemptStatus(purchase)).toBe("finalized");
  });
});

describe("unroutable event", () => {
  it("an unroutable event stays received with its error and is applied on a later try", async () => {
    const purchase = await storedEvent();
    await tryNow(purchase);
    const waiting = await rowOf(purchase);
    expect(waiting).toMatchObject({
      status: "received",
      tries: 1,
      detail: expect.stringMatching(/^unroutable: unknown checkout attempt/),
    });
    expect((waiting?.nextTryAt ?? 0) - (await now())).toBeLessThanOrEqual(5_000);
    await insertAttemptOf(purchase);
    await env.DEV.advance(6_000);
    await maintenance.sweep("inbox");
    expect(await rowOf(purchase)).toMatchObject({ status: "applied", tries: 2 });
    expect(await creditsOf(purchase)).toBe(10);
  });

  it("an unroutable event fails with its error after 72 hours of tries", async () => {
    const purchase = await storedEvent();
    const start = await now();
    await tryNow(purchase);
    for (let row = await rowOf(purchase); row?.status === "received"; row = await rowOf(purchase)) {
      await env.DEV.advance((row.nextTryAt ?? 0) - (await now()));
      await maintenance.sweep("inbox");
    }
    expect(await rowOf(purchase)).toMatchObject({
      status: "failed",
      detail: expect.stringMatching(/^unroutable: unknown checkout attempt/),
      nextTryAt: null,
    });
    const hours = ((await now()) - start) / (60 * minute);
    expect(hours).toBeGreaterThan(71);
    expect(hours).toBeLessThan(75);
  });
});

describe("unrelated event", () => {
  const foreign = {
    ...buildLicenzyMetadata({
      projectId: "prj_other",
      mode: "test",
      subjectRef: "u",
      productCode: "P",
      attemptId: "att_1",
    }),
  };
  it.each([
    ["of a type without effect", { type: "customer.created" }, "ignored", "type not handled"],
    ["about a session that we did not make", { metadata: {} }, "ignored", "not created by Licenzy"],
    ["about another project's session", { metadata: foreign }, "ignored", "belongs to another project"],
    [
      "of the other mode",
      { livemode: true },
      "failed",
      "the event has livemode true, but the connection is for test mode",
    ],
  ] as const)("an event %s is settled with the reason in its row", async (_, change, status, detail) => {
    const purchase = await storedEvent(change);
    await tryNow(purchase);
    expect(await rowOf(purchase)).toMatchObject({ status, detail });
    expect(await creditsOf(purchase)).toBe(0);
  });
});

describe("unpaid session", () => {
  it.each([
    ["checkout.session.async_payment_failed", "failed"],
    ["checkout.session.expired", "failed"],
  ])("%s leaves the checkout attempt %s and grants nothing", async (type, status) => {
    const purchase = await storedEvent({ type });
    await insertAttemptOf(purchase);
    await tryNow(purchase);
    expect(await attemptStatus(purchase)).toBe(status);
    expect(await creditsOf(purchase)).toBe(0);
  });
});
