import { type ApiClient, sessionIdOf } from "../seed/api-client.ts";
import type { PocketStripe } from "../seed/pocket-stripe.ts";

/** Names of payers. Some break pages, as the refs do. */
const payerNames = [
  "Anna Becker",
  "Chidi Okonkwo-Fairweather",
  "María del Carmen Fernández de la Vega y Sánchez-Ocaña",
  "中村 さくら",
  "مها المحاسبة",
  "O'Brien & Sons <script>",
] as const;

const pickPayerName = (index: number): string => payerNames[index % payerNames.length] ?? "";

interface Purchase {
  sessionId: string;
  paymentIntent: string | null;
  subscription: string | null;
}

/** A customer of the demo: pays at pocket Stripe, and uses the product through the demo's backend. */
export class Customer {
  private requests = 0;
  private purchase: Purchase | undefined;
  private dispute = "";

  /** `index` keeps idempotency keys and email addresses apart, since refs fit neither. */
  constructor(
    readonly ref: string,
    private readonly index: number,
    private readonly api: ApiClient,
    private readonly stripe: PocketStripe,
  ) {}

  /** Opens a checkout and leaves it. Returns the session's id. */
  async openCheckout(productCode: string): Promise<string> {
    const { status, body } = await this.api.checkout(this.ref, productCode, this.newKey());
    if (status !== 201) throw new Error(`checkout of ${productCode}: ${status} ${JSON.stringify(body)}`);
    return sessionIdOf(body.checkout_url);
  }

  /** `unpaid` begins a bank debit. */
  async buy(productCode: string, outcome: "paid" | "unpaid" = "paid"): Promise<void> {
    const sessionId = await this.openCheckout(productCode);
    const email = `customer${this.index}@example.com`;
    await this.stripe.pay(sessionId, { outcome, email, name: pickPayerName(this.index) });
    const { payment_intent, subscription } = await this.stripe.session(sessionId);
    this.purchase = { sessionId, paymentIntent: payment_intent, subscription };
  }

  async settleDebit(outcome: "succeeded" | "failed"): Promise<void> {
    await this.stripe.control(`payments/${this.bought().paymentIntent}`, { async: outcome });
  }

  /** Refunds the last purchase, or a part of it in cents. */
  async refund(amount?: number): Promise<void> {
    const payment_intent = this.bought().paymentIntent;
    await this.stripe.control("refunds", { payment_intent, ...(amount === undefined ? {} : { amount }) });
  }

  async openDispute(): Promise<void> {
    const payment_intent = this.bought().paymentIntent;
    const opened = await this.stripe.control("disputes", { payment_intent });
    this.dispute = (opened as { dispute: { id: string } }).dispute.id;
  }

  async endDispute(status: "won" | "lost"): Promise<void> {
    await this.stripe.control(`disputes/${this.dispute}`, { status });
  }

  /** Changes the subscription: the bodies are those of pocket Stripe's control. */
  async changeSubscription(change: Record<string, unknown>): Promise<void> {
    await this.stripe.control(`subscriptions/${this.bought().subscription}`, change);
  }

  /** A refusal is part of the data: a customer without credits tries, too. */
  async consume(units: number): Promise<void> {
    const { status, body } = await this.api.consume(this.ref, units, this.newKey());
    if (status !== 200 && status !== 409)
      throw new Error(`consume ${units}: ${status} ${JSON.stringify(body)}`);
  }

  async consumeAll(): Promise<void> {
    const path = `/v1/customer/access/${encodeURIComponent(this.ref)}`;
    const { body } = await this.api.get<{ usage_remaining: number }>(path);
    await this.consume(body.usage_remaining);
  }

  async check(): Promise<void> {
    await this.api.check(this.ref);
  }

  private newKey(): string {
    this.requests++;
    return `demo-${this.index}-${this.requests}`;
  }

  private bought(): Purchase {
    if (this.purchase === undefined) throw new Error("the customer bought nothing");
    return this.purchase;
  }
}
