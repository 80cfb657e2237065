import { build } from "esbuild";
import { Miniflare } from "miniflare";
import type Stripe from "stripe";
import { vi } from "vitest";
import { PocketStripe } from "../../../dev/seed/pocket-stripe.ts";

/** The `DEV` binding of pocket Stripe: a clock that a test advances. */
const clockWorker = `
import { WorkerEntrypoint } from "cloudflare:workers";
let offsetMs = 0;
export class Dev extends WorkerEntrypoint {
  clockOffsetMs() { return offsetMs; }
}
export default {
  fetch(request) {
    offsetMs += Number(new URL(request.url).searchParams.get("ms"));
    return new Response(null);
  },
};`;

/** Starts pocket Stripe alone, in workerd. */
export async function startPocketStripe() {
  vi.setConfig({ testTimeout: 30_000 });
  const { outputFiles } = await build({
    entryPoints: ["dev/pocket-stripe/index.ts"],
    bundle: true,
    write: false,
    format: "esm",
    external: ["cloudflare:*", "node:*"],
  });
  const shared = { modules: true, compatibilityDate: "2026-04-01" } as const;
  const mf = new Miniflare({
    workers: [
      {
        ...shared,
        name: "pocket-stripe",
        script: outputFiles[0]?.text ?? "",
        compatibilityFlags: ["nodejs_compat"],
        bindings: { PUBLIC_ORIGIN: "http://localhost" },
        durableObjects: { POCKET_STRIPE: { className: "PocketStripe", useSQLite: true } },
        serviceBindings: { DEV: { name: "clock", entrypoint: "Dev" }, GATEWAY: "clock" },
      },
      { ...shared, name: "clock", script: clockWorker },
    ],
  });
  const origin = (await mf.ready).origin;
  return {
    /** Opens a new account. */
    newShop: () => new Shop(origin),
    async advance(seconds: number): Promise<void> {
      const clock = await mf.getWorker("clock");
      await clock.fetch(`http://clock/?ms=${Math.round(seconds * 1_000)}`);
    },
    stop: () => mf.dispose(),
  };
}

export class Shop extends PocketStripe {
  constructor(private readonly stripeOrigin: string) {
    super(stripeOrigin, `sk_test_${Math.random().toString(36).slice(2).padEnd(10, "0")}`);
  }

  async createPriceOf(
    unitAmount: number,
    interval: "day" | "week" | "month" | "year" = "month",
  ): Promise<string> {
    const product = await this.client.products.create({ name: `${interval}ly for ${unitAmount}` });
    const recurring = { interval };
    const currency = "eur";
    const price = { product: product.id, unit_amount: unitAmount, currency, recurring };
    return (await this.client.prices.create(price)).id;
  }

  /** Buys a subscription with one item per price. */
  async subscribe(prices: string[], options: { trialDays?: number } = {}): Promise<Stripe.Subscription> {
    const session = await this.client.checkout.sessions.create({
      mode: "subscription",
      line_items: prices.map((price) => ({ price, quantity: 1 })),
      success_url: "http://localhost/",
      ...(options.trialDays === undefined
        ? {}
        : { subscription_data: { trial_period_days: options.trialDays } }),
    });
    await this.pay(session.id);
    const { subscription } = await this.session(session.id);
    return this.client.subscriptions.retrieve(subscription ?? "");
  }

  controlSubscription(id: string, change: object): Promise<unknown> {
    return this.control(`subscriptions/${id}`, change);
  }

  /** Returns the invoices of a subscription, newest first. */
  async invoices(subscription: string): Promise<Stripe.Invoice[]> {
    return (await this.client.invoices.list({ subscription, limit: 100 })).data;
  }

  /** Runs `work` and returns the events that it caused, oldest first. */
  async eventsOf(work: () => Promise<unknown>): Promise<Stripe.Event[]> {
    const { data } = await this.client.events.list({ limit: 1 });
    await work();
    const after = await this.client.events.list({
      limit: 100,
      ...(data[0] === undefined ? {} : { ending_before: data[0].id }),
    });
    return after.data.toReversed();
  }

  /** Reads an object in an older API version. */
  async readOld(path: string, version: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.stripeOrigin}/pocket-stripe/v1/${path}`, {
      headers: { Authorization: `Bearer ${this.apiKey}`, "Stripe-Version": version },
    });
    return (await response.json()) as Record<string, unknown>;
  }
}

export function firstItem({ items }: Stripe.Subscription): Stripe.SubscriptionItem {
  const [item] = items.data;
  if (item === undefined) throw new Error("The subscription has no items");
  return item;
}

/** Shows what a line bills. */
export function showLine(line: Stripe.InvoiceLineItem) {
  const details = line.parent?.subscription_item_details;
  return {
    amount: line.amount,
    item: details?.subscription_item,
    price: line.pricing?.price_details?.price,
    proration: details?.proration,
  };
}
