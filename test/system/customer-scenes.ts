import { randomBytes } from "node:crypto";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { EventDeliverer, findLatestPayment, purchase, readAccess, setDelivery } from "./stripe-world.ts";
import { newWorld, type World } from "./world.ts";

/** What customers live through, one step at a time. Stripe's events reach the stack with `settle` only. */
export class CustomerScenes {
  private constructor(
    readonly world: World,
    private readonly deliverer: EventDeliverer,
  ) {}

  /** Creates a project with a Stripe account that sends nothing by itself. */
  static async inNewWorld(): Promise<CustomerScenes> {
    const world = await newWorld();
    const { id } = await world.stripe.client.accounts.retrieveCurrent();
    const stripeWorld = { ...world, accountId: id };
    await setDelivery(stripeWorld, { mode: "drop" });
    return new CustomerScenes(world, new EventDeliverer(stripeWorld, "current"));
  }

  /** Delivers Stripe's new events. Each is applied when this ends. */
  settle = () => this.deliverer.deliverNew();

  control = (path: string, body: object) => this.world.stripe.control(path, body);

  /** Buys the product. */
  async buys(ref: string, productCode: string) {
    const bought = await purchase(this.world, ref, productCode);
    await this.settle();
    return bought;
  }

  /** Returns the answer of a check: `allowed`, or the reason. */
  async answer(subjectRef: string): Promise<string> {
    const { allowed, reason } = (await this.world.api.check(subjectRef)).body;
    return allowed ? "allowed" : String(reason);
  }

  /** Opens a checkout that is not paid. */
  async opens(ref: string, productCode: string): Promise<string> {
    const { body } = await this.world.api.checkout(ref, productCode, randomBytes(8).toString("hex"));
    return sessionIdOf(body.checkout_url);
  }

  /** Completes a checkout with a bank debit that has not arrived. Returns the payment intent. */
  async debits(ref: string, productCode: string): Promise<string> {
    const session = await this.opens(ref, productCode);
    await this.world.stripe.pay(session, { outcome: "unpaid" });
    await this.settle();
    return String((await this.world.stripe.session(session)).payment_intent);
  }

  async spends(ref: string, units: number): Promise<void> {
    const reply = await this.world.api.consume(ref, units, randomBytes(8).toString("hex"));
    if (reply.status !== 200) throw new Error(`consume: ${reply.status} ${JSON.stringify(reply.body)}`);
  }

  /** Returns the payment intent of what was bought. */
  async paymentOf({ paymentIntent, subscription }: { paymentIntent: string; subscription: string }) {
    return paymentIntent || (await findLatestPayment(this.world, subscription));
  }

  async refunds(payment: string, amount?: number): Promise<string> {
    const body = { payment_intent: payment, ...(amount === undefined ? {} : { amount }) };
    return ((await this.control("refunds", body)) as { refund: { id: string } }).refund.id;
  }

  async disputes(payment: string): Promise<string> {
    const opened = await this.control("disputes", { payment_intent: payment });
    return (opened as { dispute: { id: string } }).dispute.id;
  }

  /** The next payment of the subscription fails, and it is billed now. */
  async failsRenewal(subscription: string): Promise<void> {
    await this.control(`subscriptions/${subscription}`, { next_payment: "fail" });
    await this.control(`subscriptions/${subscription}`, { renew: "now" });
  }

  async paysOpenInvoice(subscription: string): Promise<void> {
    const { client } = this.world.stripe;
    await this.control(`subscriptions/${subscription}`, { next_payment: "succeed" });
    const { data } = await client.invoices.list({ subscription, status: "open" });
    await client.invoices.pay(data[0]?.id ?? "");
  }

  /** An operator's action, by its fields; the newest entitlement is meant where it names none. */
  async operator(ref: string, action: { type: string } & Record<string, unknown>): Promise<void> {
    const { entitlements } = await readAccess(this.world, ref);
    const entitlementId = entitlements[0]?.["entitlement_id"];
    const needsOne = action.type === "revoke" || action.type === "adjust";
    await provision(this.world.origin, "act", this.world.projectId, "test", ref, {
      actionId: `act-${randomBytes(12).toString("hex")}`,
      action: { ...(needsOne ? { entitlementId } : {}), ...action },
      fingerprint: null,
      actor: { operatorId: "opr_1", name: "Dana" },
      reason: "goodwill: test",
    });
  }

  grants = (ref: string, productCode: string, units: number | null = null) =>
    this.operator(ref, {
      type: "grant",
      productCode,
      kind: kinds[productCode],
      units,
      durationDays: productCode === "DAY_PASS" ? 1 : null,
      expiresAt: null,
    });
}

const kinds: Record<string, string> = {
  PRO_MONTHLY: "subscription",
  DAY_PASS: "time_pass",
  CREDITS_1000: "usage_pack",
};
