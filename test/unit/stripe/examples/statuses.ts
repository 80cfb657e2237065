import { changePrice, dispute, refund, renew, settle, subscribe, wait } from "../model/steps.ts";
import type { Example } from "./example.ts";

/** What the subscription's own status decides. */
export const statusExamples: Record<string, Example> = {
  "money that arrives for an ended subscription grants nothing": {
    history: [
      subscribe(),
      renew({ outcome: "failed" }),
      { do: "dunning", on: 0, to: "canceled" },
      wait(1),
      settle(),
    ],
    products: { PRO: "subscription_ended" },
    flags: { PRO: ["paid_after_end"] },
  },
  "money that arrived for an ended subscription is not flagged once it is refunded": {
    history: [
      subscribe(),
      renew({ outcome: "failed" }),
      { do: "dunning", on: 0, to: "canceled" },
      wait(1),
      settle(),
      wait(1),
      refund(),
    ],
    products: { PRO: "subscription_ended" },
  },
  "money that arrives for an ended subscription is not flagged on a plan that ended before": {
    history: [
      subscribe(),
      wait(1),
      changePrice("price_team"),
      renew({ outcome: "failed" }),
      { do: "dunning", on: 0, to: "canceled" },
      wait(1),
      settle(),
    ],
    products: { PRO: "subscription_ended", TEAM: "subscription_ended" },
    flags: { TEAM: ["paid_after_end"] },
  },
  "a late report of an active subscription does not revive it": {
    history: [subscribe(), wait(1), { do: "cancel", on: 0 }, { do: "stray", on: 0, later: false }],
    products: { PRO: "subscription_ended" },
  },
  "a newer report of an active subscription does not revive it": {
    history: [subscribe(), wait(1), { do: "cancel", on: 0 }, wait(1), { do: "stray", on: 0, later: true }],
    products: { PRO: "subscription_ended" },
  },
  "a subscription that ends far in the future stays usable": {
    history: [subscribe(), wait(1), { do: "cancel_at", on: 0, days: 400 }, renew()],
    products: { PRO: "allowed" },
  },
  "a subscription ends at the end of its period": {
    history: [subscribe(), { do: "cancel_at_period_end", on: 0, value: true }, renew()],
    products: { PRO: "subscription_ended" },
  },
  "a first payment that fails leaves the subscription incomplete": {
    history: [subscribe({ start: "unpaid" })],
    products: { PRO: "subscription_incomplete" },
  },
  "a first payment that never succeeds ends the subscription": {
    history: [subscribe({ start: "unpaid" }), wait(1), { do: "dunning", on: 0, to: "canceled" }],
    products: { PRO: "subscription_ended" },
  },
  "a past-due subscription stays usable in its grace period": {
    history: [subscribe(), renew({ outcome: "failed" }), wait(1)],
    products: { PRO: "allowed" },
  },
  "a past-due subscription is denied after its grace period": {
    history: [subscribe(), renew({ outcome: "failed" })],
    daysLater: 4,
    products: { PRO: "payment_past_due" },
  },
  "a paused subscription is denied as paused although its payment is disputed": {
    history: [subscribe(), wait(1), dispute(), { do: "pause", on: 0, value: true }],
    products: { PRO: "subscription_paused" },
  },
};
