import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { describe, expect, it } from "vitest";
import { insertAccountWithProject } from "../../dev/entries/runtime/insert-project.ts";
import type { CheckoutRequest } from "../../shared/contract/checkout.ts";
import { products, stripeConnections } from "../../shared/db/tables/configuration.ts";
import { checkoutAttempts } from "../../shared/db/tables/stripe.ts";
import { connectionIdOf, newId } from "../../shared/kit/ids.ts";
import { claimAttempt } from "../../workers/runtime/checkout/claim-attempt.ts";
import {
  completeAttempt,
  leaseAttempt,
  readAttemptAndErasure,
  releaseAttempt,
} from "../../workers/runtime/db/checkout-attempts.ts";
import type { Caller } from "../../workers/runtime/request-context.ts";
import { env } from "./subjects.ts";

const t0 = Date.UTC(2026, 4, 1);
const request: CheckoutRequest = { subject_ref: "user_1", product_code: "CREDITS" };

/** Creates a project with a Stripe connection and one product. Returns its caller. */
async function newShop(): Promise<Caller> {
  const [accountId, projectId] = [newId("acc"), newId("prj")];
  const created = { createdAt: t0, updatedAt: t0 };
  await insertAccountWithProject(
    env.DB,
    { accountId, name: "a", planStatus: "active", planSyncedAt: t0, ...created },
    { projectId, accountId, name: "p", region: "weur", successUrl: "https://example.com", ...created },
  );
  const [scope, database] = [{ projectId, mode: "test" as const }, drizzle(env.DB)];
  const sealed = { apiKeySealed: "", webhookSecretSealed: "" };
  await database
    .insert(stripeConnections)
    .values({ connectionId: connectionIdOf(scope), ...scope, ...sealed, ...created });
  const terms = { kind: "usage_pack" as const, units: 1_000, stripePriceId: "price_1" };
  await database
    .insert(products)
    .values({ ...scope, productCode: "CREDITS", name: "Credits", ...terms, ...created });
  return { ...scope, region: "weur", keyId: newId("key"), plan: "active", rateLimit: 10_000, away: null };
}

async function claimed(caller: Caller, now: number, body = request) {
  const claim = await claimAttempt(env, caller, body, "k", now);
  if (claim.outcome !== "claimed") throw new Error(`expected a claim, got ${claim.outcome}`);
  return claim;
}

describe("claimAttempt when a worker died before Stripe answered", () => {
  it("a checkout is in progress for 30 seconds, then another worker takes over its attempt", async () => {
    const caller = await newShop();
    const first = await claimed(caller, t0);
    await expect(claimAttempt(env, caller, request, "k", t0 + 29_999)).rejects.toMatchObject({
      code: "idempotency_in_progress",
    });
    const second = await claimed(caller, t0 + 30_001);
    const { attemptId, tryNumber, frozen } = first.attempt;
    expect(second.attempt).toMatchObject({ attemptId, tryNumber, frozen });
    expect(second.leaseId).not.toBe(first.leaseId);
  });

  it.each(["finalized", "processing"] as const)(
    "a retry opens no second session for a checkout that is %s although its session was never stored",
    async (status) => {
      const caller = await newShop();
      const { attempt, leaseId } = await claimed(caller, t0);
      const database = drizzle(env.DB);
      const row = eq(checkoutAttempts.attemptId, attempt.attemptId);
      await database.update(checkoutAttempts).set({ status }).where(row);
      const dayLater = t0 + 25 * 3_600_000;
      await expect(claimAttempt(env, caller, request, "k", dayLater)).rejects.toMatchObject({
        code: "idempotency_conflict",
      });
      // What read the attempt before the event settled it neither leases nor releases it.
      const lease = { leaseId: "late", leaseUntil: dayLater + 30_000, now: dayLater };
      expect(await leaseAttempt(env.DB, attempt.attemptId, lease, null)).toBeNull();
      const failure = { status: "failed", refused: true, now: dayLater } as const;
      await releaseAttempt(env.DB, attempt.attemptId, leaseId, failure);
      const [after] = await database.select().from(checkoutAttempts).where(row);
      expect(after).toMatchObject({ status, tryNumber: attempt.tryNumber });
    },
  );

  it("one of 20 concurrent workers takes over a checkout", async () => {
    const caller = await newShop();
    await claimed(caller, t0);
    const claims = await Promise.allSettled(
      Array.from({ length: 20 }, () => claimAttempt(env, caller, request, "k", t0 + 30_001)),
    );
    expect(claims.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("100 simultaneous retries of one checkout are in progress, and use up one of the customer's budget", async () => {
    const caller = await newShop();
    const claim = (key: string) => claimAttempt(env, caller, request, key, t0);
    const claims = await Promise.allSettled(Array.from({ length: 100 }, () => claim("same")));
    const refused = claims.filter((result) => result.status === "rejected");
    expect(refused).toHaveLength(99);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "idempotency_in_progress" });
    for (let index = 1; index < 60; index++) await claim(`other_${index}`);
    await expect(claim("one_more")).rejects.toMatchObject({ code: "rate_limited" });
  });

  it("a worker that lost its lease does not release the attempt of its successor", async () => {
    const caller = await newShop();
    const first = await claimed(caller, t0);
    const second = await claimed(caller, t0 + 30_001);
    const change = { status: "failed" as const, refused: true, now: t0 + 31_000 };
    await releaseAttempt(env.DB, first.attempt.attemptId, first.leaseId, change);
    await expect(claimAttempt(env, caller, request, "k", t0 + 32_000)).rejects.toMatchObject({
      code: "idempotency_in_progress",
    });
    const session = {
      id: `cs_${first.attempt.attemptId}`,
      url: "https://pay",
      amountTotal: 1,
      currency: "eur",
    };
    const { leaseId } = second;
    await completeAttempt(
      env.DB,
      second.attempt,
      leaseId,
      { ...session, expiresAt: t0 + 86_400_000 },
      t0 + 33_000,
    );
    expect(await claimAttempt(env, caller, request, "k", t0 + 34_000)).toMatchObject({ outcome: "done" });
  });

  it("a worker that lost its lease does not overwrite its successor's session", async () => {
    const caller = await newShop();
    const first = await claimed(caller, t0);
    const second = await claimed(caller, t0 + 30_001);
    const session = { url: "https://pay", amountTotal: 1, currency: "eur", expiresAt: t0 + 86_400_000 };
    const [late, kept] = [
      { ...session, id: "cs_late" },
      { ...session, id: "cs_kept" },
    ];
    const complete = ({ attempt, leaseId }: typeof first, made: typeof late, now: number) =>
      completeAttempt(env.DB, attempt, leaseId, made, now);
    expect(await complete(first, late, t0 + 31_000)).toBe(false);
    expect(await complete(second, kept, t0 + 32_000)).toBe(true);
    expect(await complete(first, late, t0 + 33_000)).toBe(false);
    const { attempt } = await readAttemptAndErasure(env.DB, first.attempt.attemptId, first.attempt);
    expect(attempt).toMatchObject({ stripeSessionId: "cs_kept" });
  });

  it("a checkout rejects its key with another body when a crash left it unanswered", async () => {
    const caller = await newShop();
    await claimed(caller, t0);
    const other = { ...request, customer_email: "other@example.com" };
    await expect(claimAttempt(env, caller, other, "k", t0 + 60_000)).rejects.toMatchObject({
      code: "idempotency_conflict",
    });
  });
});

describe("claimAttempt after an answer", () => {
  it("a checkout replays its URL when its session has expired and its product is archived", async () => {
    const caller = await newShop();
    const { attempt, leaseId } = await claimed(caller, t0);
    const session = { id: `cs_${attempt.attemptId}`, url: "https://pay", amountTotal: 1, currency: "eur" };
    await completeAttempt(env.DB, attempt, leaseId, { ...session, expiresAt: t0 + 1_000 }, t0);
    const archived = drizzle(env.DB).update(products).set({ archivedAt: t0 });
    await archived.where(eq(products.projectId, caller.projectId));
    const replayed = await claimAttempt(env, caller, request, "k", t0 + 365 * 86_400_000);
    expect(replayed).toMatchObject({ outcome: "done", attempt: { checkoutUrl: "https://pay" } });
  });
});

describe("claimAttempt for a new checkout", () => {
  it("a checkout is refused with product_inactive when its product is archived", async () => {
    const caller = await newShop();
    const archived = drizzle(env.DB).update(products).set({ archivedAt: t0 });
    await archived.where(eq(products.projectId, caller.projectId));
    await expect(claimAttempt(env, caller, request, "k", t0)).rejects.toMatchObject({
      code: "product_inactive",
    });
  });
});
