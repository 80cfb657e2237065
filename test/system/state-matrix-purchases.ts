import { paysOnce, type Scene } from "./state-matrix-scene.ts";
import { advanceClock } from "./stripe-world.ts";

const updated = "entitlement.updated";

/** By trigger, as on the page. */
export const purchaseScenes: Record<string, Scene> = {
  "checkout created": {
    trigger: (scenes, ref) => scenes.opens(ref, "CREDITS_1000"),
    check: "no_entitlement",
    status: "none",
    events: [],
  },
  "checkout paid": {
    trigger: (scenes, ref) => scenes.buys(ref, "CREDITS_1000"),
    check: "allowed",
    status: "active",
    events: ["purchase.finalized"],
  },
  "checkout completed, payment on its way": {
    trigger: (scenes, ref) => scenes.debits(ref, "DAY_PASS"),
    check: "no_entitlement",
    status: "none",
    events: [],
  },
  "that payment succeeds": {
    before: (scenes, ref) => scenes.debits(ref, "DAY_PASS"),
    trigger: (scenes, _, payment) => scenes.control(`payments/${payment}`, { async: "succeeded" }),
    check: "allowed",
    status: "active",
    events: ["purchase.finalized"],
  },
  "that payment fails, or the checkout expires": {
    before: (scenes, ref) => scenes.debits(ref, "DAY_PASS"),
    async trigger(scenes, ref, payment) {
      await scenes.control(`payments/${payment}`, { async: "failed" });
      await scenes.world.stripe.pay(await scenes.opens(ref, "DAY_PASS"), { outcome: "expired" });
    },
    check: "no_entitlement",
    status: "none",
    events: [],
  },
  "another pass of the product paid while one runs": {
    before: async (scenes, ref) => {
      const { sessionId } = await scenes.buys(ref, "DAY_PASS");
      // Two passes paid in one second have no order of payment, and either can be the first.
      await advanceClock(scenes.world.origin, 1);
      return sessionId;
    },
    trigger: (scenes, ref) => scenes.buys(ref, "DAY_PASS"),
    check: "allowed",
    status: "active",
    alone: "not_started",
    events: ["purchase.finalized"],
  },
  "the pass or pack reaches `expires_at`": {
    before: async (scenes, ref) => void (await scenes.buys(ref, "DAY_PASS")),
    trigger: (scenes) => advanceClock(scenes.world.origin, 86_400),
    check: "time_pass_expired",
    status: "expired",
    events: [updated],
  },
  "the last unit is spent": {
    before: async (scenes, ref) => void (await scenes.buys(ref, "CREDITS_1000")),
    trigger: (scenes, ref) => scenes.spends(ref, 1_000),
    check: "usage_exhausted",
    status: "active",
    events: ["usage.consumed"],
  },
  "full refund": {
    before: paysOnce,
    trigger: (scenes, _, payment) => scenes.refunds(payment),
    check: "refunded",
    status: "canceled",
    events: [updated],
  },
  "partial refund": {
    before: paysOnce,
    trigger: (scenes, _, payment) => scenes.refunds(payment, 100),
    check: "allowed",
    status: "active",
    events: [],
  },
  "refund fails later": {
    before: async (scenes, ref) => {
      const refund = await scenes.refunds(await paysOnce(scenes, ref));
      await scenes.settle();
      return refund;
    },
    trigger: (scenes, _, refund) => scenes.control(`refunds/${refund}`, { status: "failed" }),
    check: "allowed",
    status: "active",
    events: [updated],
  },
  "dispute opened": {
    before: paysOnce,
    trigger: (scenes, _, payment) => scenes.disputes(payment),
    check: "payment_disputed",
    status: "past_due",
    events: [updated],
  },
  "dispute won": {
    before: async (scenes, ref) => {
      const dispute = await scenes.disputes(await paysOnce(scenes, ref));
      await scenes.settle();
      return dispute;
    },
    trigger: (scenes, _, dispute) => scenes.control(`disputes/${dispute}`, { status: "won" }),
    check: "allowed",
    status: "active",
    events: [updated],
  },
  "dispute lost": {
    before: async (scenes, ref) => {
      const dispute = await scenes.disputes(await paysOnce(scenes, ref));
      await scenes.settle();
      return dispute;
    },
    trigger: (scenes, _, dispute) => scenes.control(`disputes/${dispute}`, { status: "lost" }),
    check: "refunded",
    status: "canceled",
    events: [updated],
  },
};

export const operatorScenes: Record<string, Scene> = {
  grant: {
    trigger: (scenes, ref) => scenes.grants(ref, "CREDITS_1000", 10),
    check: "allowed",
    status: "active",
    events: [updated],
  },
  revoke: {
    before: paysOnce,
    trigger: (scenes, ref) => scenes.operator(ref, { type: "revoke" }),
    check: "revoked",
    status: "canceled",
    events: [updated],
  },
  "units added or removed": {
    before: paysOnce,
    trigger: (scenes, ref) => scenes.operator(ref, { type: "adjust", how: "remove", units: 1_000 }),
    check: "usage_exhausted",
    status: "active",
    events: [updated],
  },
  undo: {
    before: async (scenes, ref) => {
      await paysOnce(scenes, ref);
      await scenes.operator(ref, { type: "revoke" });
      return "2";
    },
    trigger: (scenes, ref, sequence) => scenes.operator(ref, { type: "undo", sequence: Number(sequence) }),
    check: "allowed",
    status: "active",
    events: [updated],
  },
};
