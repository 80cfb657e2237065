import Stripe from "stripe";
import { oldApiVersions, toOldShape } from "../../dev/pocket-stripe/old-api-versions.ts";
import type { Json } from "../../dev/pocket-stripe/wire.ts";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { newWorld, readStackTime, type World } from "./world.ts";

export interface StripeWorld extends World {
  accountId: string;
}

/**
 * Creates a world with the ID of its Stripe account, so that a test can control the delivery of its events
 * alone.
 */
export async function newStripeWorld(): Promise<StripeWorld> {
  const world = await newWorld();
  const { id } = await world.stripe.client.accounts.retrieveCurrent();
  return { ...world, accountId: id };
}

export async function setDelivery(
  { stripe, accountId }: StripeWorld,
  change: {
    mode?: "normal" | "hold" | "drop";
    release?: "shuffled" | "in_order";
    seed?: number;
    copies?: number;
  },
): Promise<void> {
  await stripe.control("delivery", { account: accountId, ...change });
}

/** Opens a checkout and pays it. Returns Stripe's IDs of the purchase. */
export async function purchase(world: StripeWorld, subjectRef: string, productCode: string) {
  const key = `${subjectRef}-${productCode}-${Math.random()}`;
  const reply = await world.api.checkout(subjectRef, productCode, key);
  if (reply.status !== 201) throw new Error(`checkout: ${reply.status} ${JSON.stringify(reply.body)}`);
  const sessionId = sessionIdOf(reply.body.checkout_url);
  await world.stripe.pay(sessionId);
  const { payment_intent, subscription } = await world.stripe.session(sessionId);
  return { sessionId, paymentIntent: payment_intent ?? "", subscription: subscription ?? "" };
}

/** Returns the payment intent of the subscription's latest paid invoice. */
export async function findLatestPayment({ stripe }: World, subscription: string): Promise<string> {
  const { data } = await stripe.client.invoices.list({ subscription, status: "paid", limit: 1 });
  const { data: payments } = await stripe.client.invoicePayments.list({ invoice: data[0]?.id ?? "" });
  const intent = payments[0]?.payment.payment_intent;
  if (typeof intent !== "string") throw new Error(`no payment of ${subscription}`);
  return intent;
}

/** Delivers each event once and in order, in today's API shape or in the shape before 2025. */
export class EventDeliverer {
  private readonly delivered = new Set<string>();

  constructor(
    private readonly world: StripeWorld,
    private readonly shape: "current" | "old",
  ) {}

  async deliverNew(): Promise<void> {
    const { data } = await this.world.stripe.client.events.list({ limit: 100 });
    for (const event of data.toReversed().filter(({ id }) => !this.delivered.has(id))) {
      this.delivered.add(event.id);
      const response = await sendSigned(this.world, this.shaped(event));
      if (response.status !== 200) throw new Error(`${event.type}: ${response.status}`);
    }
  }

  private shaped(event: Stripe.Event): string {
    const noLinks = {
      findPrice: (id: string) => ({ object: "price", id }),
      findInvoice: () => null,
      findPayment: () => ({ payment_intent: null, charge: null }),
    };
    const [version = ""] = oldApiVersions;
    const json = JSON.parse(JSON.stringify(event)) as Json;
    return JSON.stringify(this.shape === "old" ? toOldShape(json, version, noLinks) : json);
  }
}

/** Posts a payload to the world's webhook, signed with the stack's current time. */
export async function sendSigned({ origin, connection }: World, payload: string): Promise<Response> {
  const header = Stripe.webhooks.generateTestHeaderString({
    payload,
    secret: connection.webhookSecret,
    timestamp: Math.floor((await readStackTime(origin)) / 1_000),
  });
  const headers = { "Stripe-Signature": header };
  return fetch(connection.webhookUrl, { method: "POST", headers, body: payload });
}

export async function advanceClock(origin: string, seconds: number): Promise<void> {
  const reply = await fetch(`${origin}/__dev/clock`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ advance_seconds: seconds }),
  });
  if (!reply.ok) throw new Error(`clock: ${reply.status} ${await reply.text()}`);
}

export interface CustomerAccess {
  has_access: boolean;
  status: string;
  reason: string | null;
  usage_remaining: number;
  entitlements: Record<string, unknown>[];
}

export async function readAccess({ api }: World, subjectRef: string): Promise<CustomerAccess> {
  return (await api.get<CustomerAccess>(`/v1/customer/access/${subjectRef}`)).body;
}
