import type Stripe from "stripe";
import { getReferenceId } from "../../shared/stripe/object-fields.ts";
import { createClient } from "./stripe-client.ts";

/** Client of pocket Stripe: its API through the official client, and its controls. */
export class PocketStripe {
  readonly client: Stripe;

  constructor(
    private readonly origin: string,
    readonly apiKey: string,
  ) {
    this.client = createClient(apiKey, `${origin}/pocket-stripe`);
  }

  /** Creates a one-time price in euro cents, with a new product. */
  async createPrice(name: string, unitAmount: number): Promise<string> {
    const product = await this.client.products.create({ name });
    const price = await this.client.prices.create({
      product: product.id,
      unit_amount: unitAmount,
      currency: "eur",
    });
    return price.id;
  }

  /** Creates a monthly price in euro cents, with a new product. */
  async createMonthlyPrice(name: string, unitAmount: number): Promise<string> {
    const product = await this.client.products.create({ name });
    const price = await this.client.prices.create({
      product: product.id,
      unit_amount: unitAmount,
      currency: "eur",
      recurring: { interval: "month" },
    });
    return price.id;
  }

  async pay(
    sessionId: string,
    options: { email?: string; name?: string; outcome?: "paid" | "unpaid" | "expired" } = {},
  ) {
    return this.control(`checkout/${sessionId}`, { outcome: "paid", ...options });
  }

  /** Returns the ids of the payment and the subscription that the session created. */
  async session(sessionId: string): Promise<{ payment_intent: string | null; subscription: string | null }> {
    const { payment_intent, subscription } = await this.client.checkout.sessions.retrieve(sessionId);
    return { payment_intent: getReferenceId(payment_intent), subscription: getReferenceId(subscription) };
  }

  /** Sets how later events are delivered (CONTRIBUTING.md lists the modes). */
  async deliver(mode: "normal" | "hold" | "late" | "drop"): Promise<void> {
    await this.control("delivery", { mode });
  }

  /**
   * Returns the account's only webhook endpoint in this mode, with the secret that Stripe shows only once.
   */
  async webhookEndpoint(mode: "test" | "live"): Promise<{ url: string; secret: string }> {
    const account = `acct_${this.apiKey.split("_")[2]}`;
    const response = await fetch(`${this.origin}/pocket-stripe/control/state?account=${account}`);
    const { objects } = (await response.json()) as {
      objects: Record<string, { webhook_endpoint?: { url: string; secret: string }[] }>;
    };
    const [endpoint] = objects[`${account}/${mode}`]?.webhook_endpoint ?? [];
    if (endpoint === undefined) throw new Error(`${account} has no webhook endpoint in ${mode} mode`);
    return endpoint;
  }

  /** Calls a control of pocket Stripe. Throws its response if the control refuses. */
  async control(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.origin}/pocket-stripe/control/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`control ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
}
