import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { Licenzy, orThrow, type Product } from "../../sdk/src/index.ts";
import { TestLicenzy } from "../../sdk/src/testing/index.ts";
import { newWorld } from "./world.ts";

/** The same cases for the service and for `licenzy/testing`: what holds for one must hold for the other. */
interface Subject {
  licenzy: Licenzy;
  /** A client with a key that does not exist. */
  stranger: Licenzy;
  pay(checkout: { attemptId: string; checkoutUrl: string }): Promise<void>;
}

async function stack(): Promise<Subject> {
  const { origin, apiKey, stripe } = await newWorld();
  return {
    licenzy: new Licenzy({ apiKey, baseUrl: origin }),
    stranger: new Licenzy({ apiKey: "lz_test_unknown", baseUrl: origin }),
    pay: async ({ checkoutUrl }) => void (await stripe.pay(sessionIdOf(checkoutUrl))),
  };
}

async function memory(): Promise<Subject> {
  const test = new TestLicenzy({
    products: [
      { code: "CREDITS_1000", kind: "usage_pack", units: 1_000 },
      { code: "DAY_PASS", kind: "time_pass", durationDays: 1 },
      { code: "PRO_MONTHLY", kind: "subscription" },
    ],
  });
  return {
    licenzy: test.client(),
    stranger: test.client({ apiKey: "lz_test_unknown" }),
    pay: async ({ attemptId }) => test.pay(attemptId),
  };
}

describe.each([
  { name: "the stack", open: stack },
  { name: "licenzy/testing", open: memory },
])("conformance of $name", ({ open }) => {
  let subject: Subject;
  let licenzy: Licenzy;
  beforeAll(async () => {
    subject = await open();
    licenzy = subject.licenzy;
  });
  const newRef = () => `user_${randomBytes(6).toString("hex")}`;

  /** Returns a customer who bought the product. */
  async function customer(productCode = "CREDITS_1000"): Promise<string> {
    const subjectRef = newRef();
    const checkout = orThrow(await licenzy.checkout.create({ subjectRef, productCode }));
    await subject.pay(checkout);
    await expect.poll(async () => orThrow(await licenzy.access.check(subjectRef)).allowed).toBe(true);
    return subjectRef;
  }
  const balance = async (subjectRef: string) => {
    const { usageRemaining, usageReserved } = orThrow(await licenzy.customers.access(subjectRef));
    return [usageRemaining, usageReserved];
  };

  it("access.check() denies an unknown customer, and says which decision that was", async () => {
    const subjectRef = newRef();
    const result = await licenzy.access.check(subjectRef);
    expect(result).toMatchObject({
      ok: true,
      allowed: false,
      reason: "no_entitlement",
      stale: null,
      replayed: false,
    });
    expect(result.requestId).toMatch(/^req_/);
    expect(result.decisionId).toMatch(/^dec_/);
    expect(await licenzy.access.check("")).toMatchObject({
      ok: false,
      error: "invalid_request",
      status: 400,
    });
  });

  it("access.check() answers after an earlier decision about the customer, and refuses one about another", async () => {
    const [subjectRef, other] = [newRef(), newRef()];
    const atLeast = orThrow(await licenzy.access.check(subjectRef)).decisionId ?? "";
    const checks = (ref: string) => [
      licenzy.access.check(ref, { atLeast }),
      licenzy.access.checkProducts(ref, ["DAY_PASS"], { atLeast }),
    ];
    for (const result of await Promise.all(checks(subjectRef)))
      expect(result).toMatchObject({ ok: true, allowed: false });
    for (const result of await Promise.all(checks(other)))
      expect(result).toMatchObject({ error: "invalid_request", details: [{ path: "Licenzy-At-Least" }] });
  });

  it("a wrong key is invalid_api_key", async () => {
    const result = await subject.stranger.access.check(newRef());
    expect(result).toMatchObject({ ok: false, error: "invalid_api_key", retryable: false, decisionId: null });
    if (!result.ok) expect(result.docsUrl).toMatch(/\/docs\/errors#invalid_api_key$/);
  });

  it("checkout.create() sells once per event id, and checkout.status() follows it", async () => {
    const subjectRef = newRef();
    const request = { subjectRef, productCode: "DAY_PASS", metadata: { my_order: "a_b" } };
    const first = orThrow(await licenzy.checkout.create(request, { eventId: "order 1 ✓" }));
    const again = orThrow(await licenzy.checkout.create(request, { eventId: "order 1 ✓" }));
    expect([first.replayed, again.replayed]).toEqual([false, true]);
    expect(again.attemptId).toBe(first.attemptId);
    expect(
      await licenzy.checkout.create({ ...request, productCode: "CREDITS_1000" }, { eventId: "order 1 ✓" }),
    ).toMatchObject({
      error: "idempotency_conflict",
    });
    expect(await licenzy.checkout.create({ subjectRef, productCode: "NOTHING" })).toMatchObject({
      error: "product_not_found",
      status: 404,
    });
    expect(await licenzy.checkout.status(first.attemptId)).toMatchObject({
      status: "created",
      entitlement: null,
    });
    await subject.pay(first);
    await expect
      .poll(() => licenzy.checkout.status(first.attemptId))
      .toMatchObject({ status: "finalized", entitlement: { kind: "time_pass", available: true } });
    expect(await licenzy.checkout.status("att_00000000000000000000000000")).toMatchObject({
      error: "not_found",
    });
  });

  it("a second subscription to the same product is already_subscribed", async () => {
    const subjectRef = await customer("PRO_MONTHLY");
    expect(await licenzy.checkout.create({ subjectRef, productCode: "PRO_MONTHLY" })).toMatchObject({
      ok: false,
      error: "already_subscribed",
    });
  });

  it("products.list() lists the products by code, over pages", async () => {
    const listed: Product[] = [];
    for await (const product of licenzy.products.list({ pageSize: 2 })) listed.push(product);
    expect(listed.map(({ productCode }) => productCode)).toEqual(["CREDITS_1000", "DAY_PASS", "PRO_MONTHLY"]);
    expect(listed.map(({ units, durationDays }) => [units, durationDays])).toEqual([
      [1_000, null],
      [null, 1],
      [null, null],
    ]);
  });

  it("keys.current() describes the key, its products and Stripe's webhook", async () => {
    expect(await licenzy.keys.current()).toMatchObject({
      ok: true,
      mode: "test",
      plan: "active",
      activeProducts: 3,
      stripeWebhook: { status: "ok", missedEvents: 0, silentSince: null },
    });
    expect(await subject.stranger.keys.current()).toMatchObject({ ok: false, error: "invalid_api_key" });
  });

  it("events.list() lists what happened, newest first, over pages", async () => {
    const [first, second] = [await customer(), await customer("DAY_PASS")];
    const list = async () => {
      const found: string[] = [];
      for await (const { type, data } of licenzy.events.list({ pageSize: 1 }))
        if (type === "purchase.finalized" && [first, second].includes(data.subjectRef ?? ""))
          found.push(`${data.subjectRef} ${data.productCode}`);
      return found;
    };
    await expect.poll(list).toHaveLength(2);
    expect(await list()).toEqual([`${second} DAY_PASS`, `${first} CREDITS_1000`]);
  });

  it("access.checkProducts() gates by product", async () => {
    const subjectRef = await customer();
    expect(await licenzy.access.checkProducts(subjectRef, ["PRO_MONTHLY", "CREDITS_1000"])).toMatchObject({
      allowed: true,
      products: [
        { productCode: "PRO_MONTHLY", allowed: false, reason: "no_entitlement" },
        { productCode: "CREDITS_1000", allowed: true },
      ],
    });
    expect(await licenzy.access.checkProducts(subjectRef, ["PRO_MONTHLY"])).toMatchObject({
      allowed: false,
      reason: "no_entitlement",
    });
    expect(await licenzy.access.checkProducts(subjectRef, ["NOTHING"])).toMatchObject({
      error: "product_not_found",
    });
  });

  it("access.shadow() compares the app's decision with Licenzy's", async () => {
    const subjectRef = await customer();
    expect(await licenzy.access.shadow(subjectRef, true)).toMatchObject({
      ok: true,
      agrees: true,
      allowed: true,
    });
    expect(await licenzy.access.shadow(newRef(), true)).toMatchObject({
      agrees: false,
      allowed: false,
      reason: "no_entitlement",
    });
  });

  it("access.recovery() says what a denied customer can do, and opens one checkout per event id", async () => {
    const subjectRef = newRef();
    expect(await licenzy.access.recovery(subjectRef)).toMatchObject({
      ok: true,
      allowed: false,
      reason: "no_entitlement",
      action: "buy",
      url: null,
      productCode: null,
      missingPermission: null,
    });
    const recover = (productCode: string) =>
      licenzy.access.recovery(subjectRef, { productCode, eventId: "denial 1" });
    const [first, again] = [await recover("DAY_PASS"), await recover("DAY_PASS")];
    expect(first).toMatchObject({ action: "buy", productCode: "DAY_PASS", replayed: false });
    expect(again).toMatchObject({ action: "buy", replayed: true, url: orThrow(first).url });
    expect(await recover("CREDITS_1000")).toMatchObject({ error: "idempotency_conflict" });
    expect(await licenzy.access.recovery(subjectRef, { productCode: "NOTHING" })).toMatchObject({
      error: "product_not_found",
    });
    expect(await licenzy.access.recovery(await customer())).toMatchObject({
      allowed: true,
      reason: null,
      action: "none",
      url: null,
      productCode: "CREDITS_1000",
    });
  });

  it("access.recovery() does not answer with a checkout that was paid, when its units are used up", async () => {
    const subjectRef = newRef();
    const options = { productCode: "CREDITS_1000", eventId: "denial 2" };
    const checkoutUrl = orThrow(await licenzy.access.recovery(subjectRef, options)).url ?? "";
    await subject.pay({ checkoutUrl, attemptId: checkoutUrl.split("/").at(-1) ?? "" });
    await expect
      .poll(async () => orThrow(await licenzy.access.recovery(subjectRef, options)).action)
      .toBe("none");
    orThrow(await licenzy.usage.consume(subjectRef, 1_000));
    expect(await licenzy.access.recovery(subjectRef, options)).toMatchObject({
      error: "idempotency_conflict",
    });
    const next = await licenzy.access.recovery(subjectRef, { ...options, eventId: "denial 3" });
    expect(next).toMatchObject({ reason: "usage_exhausted", action: "buy" });
  });

  it("customers.portalSession() opens Stripe's portal of a customer who paid", async () => {
    expect(await licenzy.customers.portalSession(newRef())).toMatchObject({
      ok: false,
      error: "no_stripe_customer",
      status: 409,
    });
    const subjectRef = await customer();
    const open = (returnUrl: string) =>
      licenzy.customers.portalSession(subjectRef, { returnUrl, eventId: "portal 1" });
    expect(await open("https://app.example.com/a")).toMatchObject({
      ok: true,
      mode: "test",
      replayed: false,
    });
    expect(await open("https://app.example.com/a")).toMatchObject({ ok: true, replayed: true });
    expect(await open("https://app.example.com/b")).toMatchObject({ error: "idempotency_conflict" });
  });

  it("usage.consume() spends all or nothing and once per event id, and usage.reverse() gives it back once", async () => {
    const subjectRef = await customer();
    const consume = (units: number, eventId: string) => licenzy.usage.consume(subjectRef, units, { eventId });
    expect(await consume(300, "a")).toMatchObject({
      ok: true,
      consumed: 300,
      usageRemaining: 700,
      replayed: false,
    });
    expect(await consume(300, "a")).toMatchObject({
      ok: true,
      consumed: 300,
      usageRemaining: 700,
      replayed: true,
    });
    expect(await consume(301, "a")).toMatchObject({ error: "idempotency_conflict" });
    expect(await consume(701, "b")).toMatchObject({
      error: "insufficient_usage",
      decisionId: expect.stringMatching(/^dec_/),
    });
    expect(await consume(0, "c")).toMatchObject({ error: "invalid_request", details: [{ path: "units" }] });
    expect(await licenzy.usage.reverse(subjectRef, "a", { units: 100 })).toMatchObject({
      returned: 100,
      usageRemaining: 800,
    });
    expect(await licenzy.usage.reverse(subjectRef, "a")).toMatchObject({ error: "already_reversed" });
    expect(await licenzy.usage.reverse(subjectRef, "nothing")).toMatchObject({ error: "not_found" });
    expect(await consume(800, "d")).toMatchObject({ usageRemaining: 0 });
    expect(await licenzy.access.check(subjectRef)).toMatchObject({
      allowed: false,
      reason: "usage_exhausted",
    });
  });

  it("usage.reserve(), settle() and release() hold, spend and give back units", async () => {
    const subjectRef = await customer();
    const { reservationId } = orThrow(
      await licenzy.usage.reserve(subjectRef, 200, { expiresInSeconds: 600 }),
    );
    expect(await balance(subjectRef)).toEqual([800, 200]);
    const { settle } = { settle: licenzy.usage.settle.bind(licenzy.usage, subjectRef, reservationId) };
    expect(await settle(50, { keepOpen: true })).toMatchObject({ consumed: 50, released: 0 });
    expect(await balance(subjectRef)).toEqual([800, 150]);
    expect(await settle(151)).toMatchObject({ error: "exceeds_reservation" });
    expect(await settle(1_000, { allowMore: true })).toMatchObject({ error: "exceeds_reservation" });
    expect(await settle(100)).toMatchObject({ consumed: 100, released: 50, usageRemaining: 850 });
    expect(await settle(1)).toMatchObject({ error: "reservation_closed" });
    const other = orThrow(await licenzy.usage.reserve(subjectRef, 850));
    expect(await licenzy.usage.reserve(subjectRef, 1)).toMatchObject({ error: "insufficient_usage" });
    expect(await licenzy.usage.release(subjectRef, other.reservationId)).toMatchObject({
      released: 850,
      usageRemaining: 850,
    });
    const unknown = "rsv_00000000000000000000000000000000";
    expect(await licenzy.usage.release(subjectRef, unknown)).toMatchObject({
      error: "reservation_not_found",
    });
  });

  it("customers.access() and entitlements.list() show what was bought, newest first", async () => {
    const subjectRef = await customer();
    const before = orThrow(await licenzy.customers.access(subjectRef));
    expect(before).toMatchObject({
      hasAccess: true,
      status: "active",
      reason: null,
      usageRemaining: 1_000,
      hasMore: false,
      entitlements: [
        { kind: "usage_pack", productCode: "CREDITS_1000", usageGranted: 1_000, source: "stripe" },
      ],
    });
    const checkout = orThrow(await licenzy.checkout.create({ subjectRef, productCode: "DAY_PASS" }));
    await subject.pay(checkout);
    const list = async () => {
      const kinds: string[] = [];
      for await (const { kind } of licenzy.entitlements.list(subjectRef, { pageSize: 1 })) kinds.push(kind);
      return kinds;
    };
    await expect.poll(list).toHaveLength(2);
    expect((await list()).toSorted()).toEqual(["time_pass", "usage_pack"]);
    await expect(licenzy.entitlements.list("", {}).next()).rejects.toThrow(/not_found|invalid_request/);
  });

  it("usage.withUsage() settles what the job used, and releases everything when it throws", async () => {
    const subjectRef = await customer();
    const done = await licenzy.usage.withUsage(subjectRef, 100, async () => ({ units: 60, text: "hello" }));
    expect(done).toMatchObject({ ok: true, consumed: 60, released: 40, unpaid: 0, value: { text: "hello" } });
    const failing = licenzy.usage.withUsage(subjectRef, 100, () =>
      Promise.reject(new Error("the model failed")),
    );
    await expect(failing).rejects.toThrow("the model failed");
    await expect(licenzy.usage.withUsage(subjectRef, 100, async () => Number.NaN)).rejects.toThrow(
      RangeError,
    );
    expect(await balance(subjectRef)).toEqual([940, 0]);
    const again = () => licenzy.usage.withUsage(subjectRef, 100, async () => 40, { eventId: "job-1" });
    expect([await again(), await again()]).toMatchObject([
      { consumed: 40 },
      { consumed: 40, replayed: true },
    ]);
    const retried = (job: () => Promise<number>) =>
      licenzy.usage.withUsage(subjectRef, 100, job, { eventId: "job-2" });
    await expect(retried(() => Promise.reject(new Error("the model failed")))).rejects.toThrow();
    expect(await retried(async () => 30)).toMatchObject({ ok: true, consumed: 30, unpaid: 0 });
    expect(await retried(async () => 30)).toMatchObject({ ok: true, consumed: 30, replayed: true });
    expect(await balance(subjectRef)).toEqual([870, 0]);
    await licenzy.usage.reverse(subjectRef, "job-2/consume");
    const costly = await licenzy.usage.withUsage(subjectRef, 100, async () => 2_000);
    expect(costly).toMatchObject({ ok: true, consumed: 100, unpaid: 1_900 });
    let ran = false;
    const refused = await licenzy.usage.withUsage(subjectRef, 5_000, async () => {
      ran = true;
      return 1;
    });
    expect([refused, ran]).toMatchObject([{ ok: false, error: "insufficient_usage" }, false]);
    expect(await balance(subjectRef)).toEqual([800, 0]);
  });

  it("usage.lease() spends from memory, settles in parts, and gives back the rest", async () => {
    const subjectRef = await customer();
    const opened = await licenzy.usage.lease(subjectRef, 100);
    if (!opened.ok) throw new Error(opened.message);
    const { lease } = opened;
    expect([lease.take(30), lease.take(71), lease.take(20), lease.remaining]).toEqual([
      true,
      false,
      true,
      50,
    ]);
    expect(await lease.settle()).toMatchObject({ ok: true, consumed: 50 });
    expect(await balance(subjectRef)).toEqual([900, 50]);
    expect(await lease.settle()).toBeNull();
    expect(lease.take(10)).toBe(true);
    expect(await lease.close()).toMatchObject({ ok: true, consumed: 10, released: 40 });
    expect([lease.remaining, lease.take(1), await lease.close()]).toEqual([0, false, null]);
    expect(await balance(subjectRef)).toEqual([940, 0]);
    expect(await licenzy.usage.lease(subjectRef, 5_000)).toMatchObject({
      ok: false,
      error: "insufficient_usage",
    });
  });
});
