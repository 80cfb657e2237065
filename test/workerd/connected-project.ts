import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { insertAccountWithProject } from "../../dev/entries/runtime/insert-project.ts";
import { stripeConnections } from "../../shared/db/tables/configuration.ts";
import { checkoutAttempts, stripeEvents } from "../../shared/db/tables/stripe.ts";
import { parseWrappingKeys, seal } from "../../shared/kit/encryption.ts";
import { connectionIdOf, newId } from "../../shared/kit/ids.ts";
import { buildLicenzyMetadata } from "../../shared/stripe/licenzy-metadata.ts";
import type { FrozenRequest } from "../../workers/runtime/checkout/frozen-request.ts";
import { insertStripeEvent } from "../../workers/runtime/db/stripe-events.ts";
import { apiKeyAssociatedData } from "../../workers/runtime/stripe-connection/associated-data.ts";
import { processStripeEvent } from "../../workers/runtime/stripe-events/process-event.ts";
import { callSubject } from "../../workers/runtime/subject-stub.ts";
import { buildPack, env, now } from "./subjects.ts";

export interface ConnectedProject {
  projectId: string;
  connectionId: string;
}

export { now };

/** Creates a project with a Stripe connection that has an API key, so that Stripe can be called. */
export async function newConnectedProject(): Promise<ConnectedProject> {
  const at = await now();
  const [accountId, projectId] = [newId("acc"), newId("prj")];
  const connectionId = connectionIdOf({ projectId, mode: "test" });
  const created = { createdAt: at, updatedAt: at };
  await insertAccountWithProject(
    env.DB,
    { accountId, name: "a", planStatus: "active", planSyncedAt: at, ...created },
    { projectId, accountId, name: "p", region: "weur", ...created },
  );
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  const sealed = {
    apiKeySealed: await seal(keys, apiKeyAssociatedData(connectionId), "sk_test_1"),
    webhookSecretSealed: "",
  };
  await drizzle(env.DB)
    .insert(stripeConnections)
    .values({ connectionId, projectId, mode: "test", ...sealed, ...created });
  return { projectId, connectionId };
}

/**
 * Inserts a checkout attempt of the subject for 10 credits. Returns the metadata that it sets on Stripe
 * objects.
 */
export async function insertCheckoutAttempt(project: ConnectedProject, subjectRef: string) {
  const at = await now();
  const attemptId = newId("att");
  const frozen: FrozenRequest = {
    request: { subject_ref: subjectRef, product_code: "CREDITS" },
    terms: buildPack(10),
    stripePriceId: "price_1",
    successUrl: "https://example.com",
    cancelUrl: null,
    customerId: null,
  };
  await drizzle(env.DB)
    .insert(checkoutAttempts)
    .values({
      ...project,
      attemptId,
      mode: "test",
      subjectRef,
      productCode: "CREDITS",
      idempotencyKeyHash: attemptId,
      requestHash: "",
      frozen: JSON.stringify(frozen),
      status: "created",
      createdAt: at,
      updatedAt: at,
    });
  const { projectId } = project;
  return buildLicenzyMetadata({ projectId, mode: "test", subjectRef, productCode: "CREDITS", attemptId });
}

export async function buildStripeEvent(type: string, object: object) {
  const created = Math.floor((await now()) / 1_000);
  return {
    id: `evt_${crypto.randomUUID()}`,
    object: "event",
    type,
    created,
    livemode: false,
    data: { object },
  };
}

/** Stores the event as the route does, and tries it once. Returns its row in the inbox. */
export async function receiveStripeEvent(project: ConnectedProject, type: string, object: object) {
  const event = await buildStripeEvent(type, object);
  const at = await now();
  await insertStripeEvent(env.DB, {
    ...project,
    eventId: event.id,
    mode: "test",
    type,
    stripeCreatedAt: at,
    payload: JSON.stringify(event),
    status: "received",
    nextTryAt: at,
    receivedAt: at,
    foundBy: "webhook",
  });
  await processStripeEvent(env, { ...project, eventId: event.id });
  return readInboxRow(project, event.id);
}

export async function readInboxRow({ connectionId }: ConnectedProject, eventId: string) {
  const rows = await drizzle(env.DB)
    .select()
    .from(stripeEvents)
    .where(and(eq(stripeEvents.connectionId, connectionId), eq(stripeEvents.eventId, eventId)));
  return rows[0];
}

export async function readConnection({ connectionId }: ConnectedProject) {
  const rows = await drizzle(env.DB)
    .select()
    .from(stripeConnections)
    .where(eq(stripeConnections.connectionId, connectionId));
  const row = rows[0];
  if (row === undefined) throw new Error("no connection");
  return row;
}

export async function readSubject({ projectId }: ConnectedProject, subjectRef: string) {
  const identity = { projectId, mode: "test", subjectRef, region: "weur" } as const;
  return callSubject(env, identity, (subject) => subject.read());
}
