import { provision } from "../../dev/seed/provision.ts";
import type { CustomerScenes } from "./customer-scenes.ts";
import type { Scene } from "./state-matrix-scene.ts";
import { advanceClock } from "./stripe-world.ts";

const subscriptionUpdated = "subscription.updated";

const subscribes = async (scenes: CustomerScenes, ref: string) =>
  (await scenes.buys(ref, "PRO_MONTHLY")).subscription;
/** A period that begins in the same second as the first one would change nothing. */
const subscribedBefore = async (scenes: CustomerScenes, ref: string) => {
  const subscription = await subscribes(scenes, ref);
  await advanceClock(scenes.world.origin, 60);
  return subscription;
};
const paysPeriod = async (scenes: CustomerScenes, ref: string) =>
  scenes.paymentOf(await scenes.buys(ref, "PRO_MONTHLY"));
const changes = (scenes: CustomerScenes, subscription: string, body: object) =>
  scenes.control(`subscriptions/${subscription}`, body);

/** By trigger, as on the page. */
export const subscriptionScenes: Record<string, Scene> = {
  "checkout paid, status `active` or `trialing`": {
    trigger: subscribes,
    check: "allowed",
    status: "active",
    events: ["purchase.finalized", "invoice.payment_succeeded", subscriptionUpdated],
  },
  "first payment not done: `incomplete`": {
    trigger: (scenes, ref) => scenes.debits(ref, "PRO_MONTHLY"),
    check: "subscription_incomplete",
    status: "past_due",
    events: [subscriptionUpdated],
  },
  "renewal paid": {
    before: subscribedBefore,
    trigger: (scenes, _, subscription) => changes(scenes, subscription, { renew: "now" }),
    check: "allowed",
    status: "active",
    events: ["invoice.payment_succeeded", subscriptionUpdated],
  },
  "renewal failed: `past_due`, `unpaid`": {
    before: subscribedBefore,
    trigger: (scenes, _, subscription) => scenes.failsRenewal(subscription),
    check: "payment_past_due",
    status: "past_due",
    events: ["invoice.payment_failed", subscriptionUpdated],
  },
  "paid after that": {
    before: async (scenes, ref) => {
      const subscription = await subscribedBefore(scenes, ref);
      await scenes.failsRenewal(subscription);
      await scenes.settle();
      return subscription;
    },
    trigger: (scenes, _, subscription) => scenes.paysOpenInvoice(subscription),
    check: "allowed",
    status: "active",
    events: ["invoice.payment_succeeded", subscriptionUpdated],
  },
  "set to cancel at the period's end": {
    before: subscribes,
    trigger: (scenes, _, subscription) => changes(scenes, subscription, { cancel: "at_period_end" }),
    check: "allowed",
    status: "active",
    events: [subscriptionUpdated],
  },
  paused: {
    before: subscribes,
    trigger: (scenes, _, subscription) => changes(scenes, subscription, { pause: true }),
    check: "subscription_paused",
    status: "paused",
    events: [subscriptionUpdated],
  },
  "canceled, or the last retry fails": {
    before: subscribes,
    trigger: (scenes, _, subscription) => changes(scenes, subscription, { cancel: "now" }),
    check: "subscription_ended",
    status: "canceled",
    events: ["subscription.deleted"],
  },
  "plan changed in Stripe": {
    before: subscribes,
    async trigger(scenes, _, subscription) {
      const { origin, projectId, stripe } = scenes.world;
      const stripePriceId = await stripe.createMonthlyPrice("Team", 9_900);
      const product = { productCode: "TEAM_MONTHLY", name: "Team", stripePriceId, kind: "subscription" };
      await provision(origin, "createProduct", projectId, "test", product);
      await changes(scenes, subscription, { price: stripePriceId, proration: "always_invoice" });
    },
    check: "allowed",
    status: "active",
    events: [subscriptionUpdated, "invoice.payment_succeeded"],
  },
  "the period's payment refunded in full": {
    before: paysPeriod,
    trigger: (scenes, _, payment) => scenes.refunds(payment),
    check: "payment_refunded",
    status: "past_due",
    events: [subscriptionUpdated],
  },
  "dispute opened": {
    before: paysPeriod,
    trigger: (scenes, _, payment) => scenes.disputes(payment),
    check: "payment_disputed",
    status: "past_due",
    events: [subscriptionUpdated],
  },
  "a later period paid": {
    before: async (scenes, ref) => {
      const bought = await scenes.buys(ref, "PRO_MONTHLY");
      await scenes.refunds(await scenes.paymentOf(bought));
      await scenes.settle();
      await advanceClock(scenes.world.origin, 60);
      return bought.subscription;
    },
    trigger: (scenes, _, subscription) => changes(scenes, subscription, { renew: "now" }),
    check: "allowed",
    status: "active",
    events: ["invoice.payment_succeeded", subscriptionUpdated],
  },
};
