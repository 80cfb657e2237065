import { randomBytes } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { provision } from "../../dev/seed/provision.ts";
import type { PortalSessionReply, RecoveryReply } from "../../shared/contract/recovery.ts";
import { newStripeWorld, purchase, type StripeWorld } from "./stripe-world.ts";

const newRef = () => `user_${randomBytes(6).toString("hex")}`;
const newKey = () => randomBytes(8).toString("hex");

describe("the way back from a denial", () => {
  let world: StripeWorld;
  beforeAll(async () => {
    world = await newStripeWorld();
  });

  async function post<T>(path: string, body: object, key: string | null = newKey(), token = world.apiKey) {
    const response = await fetch(`${world.origin}${path}`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${token}`,
        "Content-Type": "application/json",
        ...(key === null ? {} : { "Idempotency-Key": key }),
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as T };
  }
  const recovery = (body: object, key?: string | null) =>
    post<RecoveryReply & { error?: string }>("/v1/access/recovery", body, key);
  const portal = (body: object, key?: string | null) =>
    post<PortalSessionReply & { error?: string }>("/v1/customer/portal-session", body, key);
  const check = async (subject_ref: string, token?: string) =>
    (await post<{ allowed: boolean; reason?: string }>("/v1/access/check", { subject_ref }, null, token))
      .body;
  const allowed = async (subject_ref: string) => (await check(subject_ref)).allowed;
  const reasonOf = async (subject_ref: string) => (await check(subject_ref)).reason;

  /** Returns a subscriber with a failed renewal, without a grace period. */
  async function pastDue({ stripe, apiKey, ...rest }: StripeWorld): Promise<{ subjectRef: string }> {
    const subjectRef = newRef();
    const answer = async () => {
      const { allowed, reason } = await check(subjectRef, apiKey);
      return allowed ? "allowed" : reason;
    };
    const { subscription } = await purchase({ stripe, apiKey, ...rest }, subjectRef, "PRO_MONTHLY");
    await expect.poll(answer).toBe("allowed");
    await stripe.control(`subscriptions/${subscription}`, { next_payment: "fail" });
    await stripe.control(`subscriptions/${subscription}`, { renew: "now" });
    await expect.poll(answer).toBe("payment_past_due");
    return { subjectRef };
  }

  it("answers none to a customer who may proceed, and for a product that is not theirs sells it", async () => {
    const subject_ref = newRef();
    await purchase(world, subject_ref, "CREDITS_1000");
    await expect.poll(() => allowed(subject_ref)).toBe(true);
    expect((await recovery({ subject_ref })).body).toMatchObject({
      allowed: true,
      reason: null,
      action: "none",
      url: null,
    });
    expect((await recovery({ subject_ref, product_code: "DAY_PASS" })).body).toMatchObject({
      allowed: false,
      reason: "no_entitlement",
      action: "buy",
      product_code: "DAY_PASS",
      url: expect.stringContaining("/pocket-stripe/pay/"),
    });
  });

  it("buys nothing for a customer without a product, and opens one checkout per key", async () => {
    const subject_ref = newRef();
    expect((await recovery({ subject_ref })).body).toMatchObject({
      action: "buy",
      url: null,
      product_code: null,
    });
    const request = { subject_ref, product_code: "DAY_PASS", return_url: "https://app.example.com/back" };
    const key = newKey();
    const [first, second] = [await recovery(request, key), await recovery(request, key)];
    expect(first.headers.get("Idempotency-Replayed")).toBeNull();
    expect(second.headers.get("Idempotency-Replayed")).toBe("true");
    expect(second.body).toEqual(first.body);
    expect((await recovery(request)).body.url).not.toBe(first.body.url);
    expect((await recovery({ ...request, product_code: "CREDITS_1000" }, key)).body.error).toBe(
      "idempotency_conflict",
    );
  });

  it("a key answers about the present: after the payment the action is none", async () => {
    const subject_ref = newRef();
    const key = newKey();
    const { body } = await recovery({ subject_ref, product_code: "DAY_PASS" }, key);
    await world.stripe.pay(body.url?.split("/pay/")[1] ?? "");
    await expect.poll(() => allowed(subject_ref)).toBe(true);
    const again = await recovery({ subject_ref, product_code: "DAY_PASS" }, key);
    expect([again.body.action, again.headers.get("Idempotency-Replayed")]).toEqual(["none", "true"]);
  });

  it("past due: the hosted invoice page, and paying there lets the customer in again", async () => {
    const { subjectRef: subject_ref } = await pastDue(world);
    const { body } = await recovery({ subject_ref });
    expect(body).toMatchObject({
      allowed: false,
      reason: "payment_past_due",
      action: "pay_invoice",
      url: expect.stringContaining("/pocket-stripe/invoice/in_"),
      product_code: "PRO_MONTHLY",
    });
    const page = await (await fetch(body.url ?? "")).text();
    expect(page).toContain("Pay €29.00");
    const paid = await fetch(body.url ?? "", {
      method: "POST",
      body: new URLSearchParams({ action: "pay" }),
    });
    expect(await paid.text()).toContain("is paid");
    await expect.poll(() => allowed(subject_ref)).toBe(true);
  });

  it("opens Stripe's customer portal of a customer who paid, and refuses one who never did", async () => {
    const subject_ref = newRef();
    expect(await portal({ subject_ref })).toMatchObject({
      status: 409,
      body: { error: "no_stripe_customer" },
    });
    await purchase(world, subject_ref, "CREDITS_1000");
    await expect.poll(() => allowed(subject_ref)).toBe(true);
    const key = newKey();
    const opened = await portal({ subject_ref, return_url: "https://app.example.com/back" }, key);
    expect(opened).toMatchObject({ status: 201, body: { mode: "test" } });
    const page = await (await fetch(opened.body.url)).text();
    expect(page).toContain("Customer portal");
    expect(page).toContain('href="https://app.example.com/back"');
    const again = await portal({ subject_ref, return_url: "https://app.example.com/back" }, key);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(await portal({ subject_ref }, key)).toMatchObject({ body: { error: "idempotency_conflict" } });
  });

  it("a paused subscription: the customer portal, where the customer resumes it", async () => {
    const subject_ref = newRef();
    const { subscription } = await purchase(world, subject_ref, "PRO_MONTHLY");
    await expect.poll(() => allowed(subject_ref)).toBe(true);
    await world.stripe.control(`subscriptions/${subscription}`, { pause: true });
    await expect.poll(() => reasonOf(subject_ref)).toBe("subscription_paused");
    const { body } = await recovery({ subject_ref });
    expect(body).toMatchObject({ action: "resume", missing_permission: null });
    await fetch(body.url ?? "", { method: "POST", body: new URLSearchParams({ resume: subscription }) });
    await expect.poll(() => allowed(subject_ref)).toBe(true);
  });

  it("names a missing permission of the Stripe key, and falls back", async () => {
    const other = await newStripeWorld();
    const { subjectRef: subject_ref } = await pastDue(other);
    const apiKey = `rk_test_${other.stripe.apiKey.split("_")[2]}`;
    await provision(other.origin, "connectStripe", other.projectId, "test", { apiKey, origin: other.origin });
    const recoverOther = () =>
      post<RecoveryReply>("/v1/access/recovery", { subject_ref }, newKey(), other.apiKey);
    const answers = async (...missing: string[]) => {
      await other.stripe.control("keys", { key: apiKey, missing });
      const { action, url, missing_permission: permission } = (await recoverOther()).body;
      return [action, url === null ? null : new URL(url).pathname.split("/")[2], permission];
    };
    expect(await answers()).toEqual(["pay_invoice", "invoice", null]);
    expect(await answers("rak_invoice_read")).toEqual(["update_payment_method", "portal", "Invoices: Read"]);
    expect(await answers("rak_invoice_read", "rak_customer_portal_write")).toEqual([
      "contact_support",
      null,
      "Invoices: Read",
    ]);
  });

  it.each([
    ["an unknown member", { product: "X" }, 400, "invalid_request"],
    ["an empty subject_ref", { subject_ref: "" }, 400, "invalid_request"],
    ["a return_url that is no web address", { return_url: "javascript:alert(1)" }, 400, "invalid_request"],
    ["a product that does not exist", { product_code: "NOTHING" }, 404, "product_not_found"],
  ])("refuses %s", async (_, change, status, error) => {
    expect(await recovery({ subject_ref: newRef(), ...change })).toMatchObject({ status, body: { error } });
  });

  it("needs a key that a header can have, on both endpoints", async () => {
    const body = { subject_ref: newRef() };
    for (const path of ["/v1/access/recovery", "/v1/customer/portal-session"]) {
      const call = (key: string | null) => post<{ error?: string }>(path, body, key);
      expect((await call(null)).body.error).toBe("missing_idempotency_key");
      expect((await call("a b")).body.error).toBe("invalid_idempotency_key");
    }
  });
});
