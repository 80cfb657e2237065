import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type DenialReason,
  denialReasons,
  type EntitlementKind,
  entitlementKinds,
  type RecoveryAction,
} from "../../shared/contract/enums.ts";
import type { RecoveryReply } from "../../shared/contract/recovery.ts";
import { newId } from "../../shared/kit/ids.ts";
import { CustomerScenes } from "./customer-scenes.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { advanceClock, readAccess } from "./stripe-world.ts";
import { readStackTime, type World } from "./world.ts";

/** The way back of each denial reason and kind, over the real runtime: by the API, and by a link. */

type Kind = EntitlementKind | "none";
type Case = `${DenialReason} of ${Kind}`;

const products: Record<EntitlementKind, string> = {
  subscription: "PRO_MONTHLY",
  time_pass: "DAY_PASS",
  usage_pack: "CREDITS_1000",
};

interface Row {
  action: RecoveryAction;
  /** The page at Stripe, by the first part of its path at pocket Stripe. */
  page: "invoice" | "portal" | "pay" | null;
  /** The page of the link, where it does not lead to Stripe. */
  says?: string;
  deny(scenes: CustomerScenes, ref: string): Promise<unknown>;
}

const support = { action: "contact_support", page: null, says: "Contact support" } as const;
const buy = { action: "buy", page: "pay" } as const;

const forEachKind = (reason: DenialReason, row: (kind: EntitlementKind) => Row) =>
  Object.fromEntries(entitlementKinds.map((kind) => [`${reason} of ${kind}`, row(kind)])) as Partial<
    Record<Case, Row>
  >;

/** A one-time purchase that Stripe dates an hour ahead, as on a test clock: it begins when Stripe says. */
async function paysAhead(scenes: CustomerScenes, ref: string, productCode: string): Promise<void> {
  const { world } = scenes;
  const { client } = world.stripe;
  const id = await scenes.opens(ref, productCode);
  const session = await client.checkout.sessions.retrieve(id);
  const paid = { status: "complete", payment_status: "paid", payment_intent: `pi_${id}` };
  const { id: account } = await client.accounts.retrieveCurrent();
  const created = Math.floor((await readStackTime(world.origin)) / 1_000) + 3_600;
  const event = { account, type: "checkout.session.completed", created };
  await scenes.control("events", { ...event, object: { ...session, ...paid } });
}

const waits = (productCode: string): Row => ({
  action: "wait",
  page: null,
  says: "Your access starts later",
  deny: (scenes, ref) => paysAhead(scenes, ref, productCode),
});

/** Every denial that a customer can get, with the spec's action. */
const rows: Partial<Record<Case, Row>> = {
  "payment_past_due of subscription": {
    action: "pay_invoice",
    page: "invoice",
    deny: async (scenes, ref) => scenes.failsRenewal((await scenes.buys(ref, "PRO_MONTHLY")).subscription),
  },
  "subscription_incomplete of subscription": {
    action: "confirm_payment",
    page: "invoice",
    deny: (scenes, ref) => scenes.debits(ref, "PRO_MONTHLY"),
  },
  "subscription_paused of subscription": {
    action: "resume",
    page: "portal",
    async deny(scenes, ref) {
      const { subscription } = await scenes.buys(ref, "PRO_MONTHLY");
      await scenes.control(`subscriptions/${subscription}`, { pause: true });
    },
  },
  "subscription_ended of subscription": {
    ...buy,
    async deny(scenes, ref) {
      const { subscription } = await scenes.buys(ref, "PRO_MONTHLY");
      await scenes.control(`subscriptions/${subscription}`, { cancel: "now" });
    },
  },
  "payment_refunded of subscription": {
    ...support,
    deny: async (scenes, ref) =>
      scenes.refunds(await scenes.paymentOf(await scenes.buys(ref, "PRO_MONTHLY"))),
  },
  "usage_exhausted of usage_pack": {
    ...buy,
    async deny(scenes, ref) {
      await scenes.buys(ref, "CREDITS_1000");
      await scenes.spends(ref, 1_000);
    },
  },
  "time_pass_expired of time_pass": {
    ...buy,
    async deny(scenes, ref) {
      await scenes.buys(ref, "DAY_PASS");
      await advanceClock(scenes.world.origin, 86_400);
    },
  },
  ...forEachKind("payment_disputed", (kind) => ({
    ...support,
    deny: async (scenes, ref) =>
      scenes.disputes(await scenes.paymentOf(await scenes.buys(ref, products[kind]))),
  })),
  ...forEachKind("revoked", (kind) => ({
    ...support,
    async deny(scenes, ref) {
      await scenes.buys(ref, products[kind]);
      await scenes.operator(ref, { type: "revoke" });
    },
  })),
  "not_started of time_pass": waits("DAY_PASS"),
  "not_started of usage_pack": waits("CREDITS_1000"),
  "refunded of time_pass": {
    ...buy,
    deny: async (scenes, ref) => scenes.refunds(await scenes.paymentOf(await scenes.buys(ref, "DAY_PASS"))),
  },
  "refunded of usage_pack": {
    ...buy,
    deny: async (scenes, ref) =>
      scenes.refunds(await scenes.paymentOf(await scenes.buys(ref, "CREDITS_1000"))),
  },
  "no_entitlement of none": {
    action: "buy",
    // Nothing says which product: the app offers one.
    page: null,
    says: "Contact support",
    deny: async () => undefined,
  },
};

/** Why the rest can't happen. The rules answer them all the same (shared/domain/recovery.test.ts). */
const impossible: Record<DenialReason, (kind: Kind) => string | null> = {
  payment_past_due: (kind) => (kind === "subscription" ? null : "is paid once"),
  subscription_incomplete: (kind) => (kind === "subscription" ? null : "is paid once"),
  subscription_paused: (kind) => (kind === "subscription" ? null : "can't be paused"),
  subscription_ended: (kind) => (kind === "subscription" ? null : "has no subscription"),
  payment_refunded: (kind) => (kind === "subscription" ? null : "is canceled by a refund"),
  usage_exhausted: (kind) => (kind === "usage_pack" ? null : "has no units"),
  // A queued pass begins as soon as those before it end, are refunded or revoked; while one is held, the hold decides. So only
  // a purchase that Stripe dates ahead of our clock is decisive.
  not_started: (kind) =>
    kind === "subscription" ? "has begun at Stripe" : kind === "none" ? "nothing was paid" : null,
  time_pass_expired: (kind) => (kind === "time_pass" ? null : "is no pass"),
  refunded: (kind) =>
    kind === "subscription"
      ? "is held, and not canceled, by a refund"
      : kind === "none"
        ? "nothing was paid"
        : null,
  payment_disputed: (kind) => (kind === "none" ? "nothing was paid" : null),
  revoked: (kind) => (kind === "none" ? "nothing was given" : null),
  no_entitlement: (kind) => (kind === "none" ? null : "has an entitlement"),
};

describe("the way back of each denial", () => {
  let world: World;
  let scenes: CustomerScenes;
  let operator: TestOperator;

  beforeAll(async () => {
    scenes = await CustomerScenes.inNewWorld();
    ({ world } = scenes);
    operator = await newOperator("support", world.accountId);
  });

  it("has a row for every denial reason and kind, or a reason why it can't happen", () => {
    const all = denialReasons.flatMap((reason) =>
      [...entitlementKinds, "none" as const].map((kind) => ({ reason, kind })),
    );
    const left = all.filter(
      ({ reason, kind }) =>
        (rows[`${reason} of ${kind}`] === undefined) === (impossible[reason](kind) === null),
    );
    expect(left).toEqual([]);
  });

  it.each(Object.entries(rows))("%s", async (name, { action, page, says, deny }) => {
    const [reason = ""] = name.split(" of ");
    const ref = `user_${randomBytes(6).toString("hex")}`;
    await deny(scenes, ref);
    await scenes.settle();
    expect(await scenes.answer(ref)).toBe(reason);

    const reply = await world.api.post<RecoveryReply>(
      "/v1/access/recovery",
      { subject_ref: ref },
      { "Idempotency-Key": randomBytes(8).toString("hex") },
    );
    expect(reply.body).toMatchObject({ allowed: false, reason, action, missing_permission: null });
    if (action === "wait") {
      const { entitlements } = await readAccess(world, ref);
      expect(reply.body.expires_at).toBe(entitlements[0]?.["starts_at"]);
    }
    const toPage = (url: string | null) => (url === null ? null : new URL(url).pathname.split("/")[2]);
    expect(toPage(reply.body.url)).toBe(page);

    const form = { link_id: newId("lnk"), days: "1" };
    const path = `/p/${world.projectId}/test/customers/${ref}/recovery-link`;
    const { html } = await operator.portal.submit(path, form);
    const link = /id="recovery-link">([^<]+)</.exec(html)?.[1] ?? "";
    const pressed = await fetch(link, { method: "POST", redirect: "manual" });
    expect(toPage(pressed.headers.get("Location"))).toBe(page);
    if (says !== undefined) expect(await pressed.text()).toContain(`<h1>${says}</h1>`);
  });
});
