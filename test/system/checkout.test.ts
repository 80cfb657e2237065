import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { buy, newWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld();
});
afterEach(async () => {
  await world.stripe.control("api", { next: 0, fail: "reset" });
});

const sessions = async () => (await world.stripe.client.checkout.sessions.list({ limit: 100 })).data;
const failNext = (fail: object | string, lost = false) =>
  world.stripe.control("api", { next: 1, fail, lost, path: "/v1/checkout/sessions" });

describe("POST /v1/checkout/session", () => {
  it("a checkout sends Stripe our metadata, the price and the return URLs", async () => {
    const { body } = await world.api.post<{ checkout_url: string; attempt_id: string; expires_at: string }>(
      "/v1/checkout/session",
      {
        subject_ref: "user_meta",
        product_code: "CREDITS_1000",
        customer_email: "meta@example.com",
        cancel_url: "https://example.com/back",
        metadata: { order: "7" },
      },
      { "Idempotency-Key": "meta" },
    );
    const session = await world.stripe.client.checkout.sessions.retrieve(sessionIdOf(body.checkout_url));
    const metadata = {
      licenzy_project_id: world.projectId,
      licenzy_mode: "test",
      licenzy_subject_ref: "user_meta",
      licenzy_product_code: "CREDITS_1000",
      licenzy_attempt_id: body.attempt_id,
    };
    expect(session).toMatchObject({
      mode: "payment",
      metadata,
      amount_total: 4_900,
      customer_email: "meta@example.com",
      customer_creation: "always",
      success_url: `${world.origin}/thanks`,
      cancel_url: "https://example.com/back",
    });
    expect(body.expires_at).toBe(new Date(session.expires_at * 1_000).toISOString());
    await world.stripe.pay(session.id);
    const paid = await world.stripe.client.checkout.sessions.retrieve(session.id);
    const intent = await world.stripe.client.paymentIntents.retrieve(String(paid.payment_intent));
    expect(intent.metadata).toMatchObject(metadata);
  });

  it("a checkout creates one session and replays its URL when 20 requests share a key", async () => {
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => world.api.checkout("user_race", "CREDITS_1000", "race")),
    );
    const made = replies.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThanOrEqual(1);
    for (const reply of replies)
      if (reply.status !== 201)
        expect(reply).toMatchObject({ status: 409, body: { error: "idempotency_in_progress" } });
    const again = await world.api.checkout("user_race", "CREDITS_1000", "race");
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(new Set([...made, again].map(({ body }) => body.checkout_url)).size).toBe(1);
    const mine = (await sessions()).filter(
      ({ metadata }) => metadata?.["licenzy_subject_ref"] === "user_race",
    );
    expect(mine).toHaveLength(1);
  });

  it("a checkout replays its response after payment and rejects its key for another product", async () => {
    const first = await world.api.checkout("user_replay", "CREDITS_1000", "replay");
    await world.stripe.pay(sessionIdOf(first.body.checkout_url));
    expect((await world.api.checkout("user_replay", "CREDITS_1000", "replay")).body).toEqual(first.body);
    const other = await world.api.checkout("user_replay", "DAY_PASS", "replay");
    expect(other).toMatchObject({ status: 409, body: { error: "idempotency_conflict" } });
  });

  it("a checkout reuses the subject's Stripe customer and replaces one deleted in Stripe", async () => {
    const first = await buy(world, "user_customer");
    const { customer } = await world.stripe.client.checkout.sessions.retrieve(first);
    const second = await buy(world, "user_customer");
    expect((await world.stripe.client.checkout.sessions.retrieve(second)).customer).toBe(customer);

    await world.stripe.client.customers.del(String(customer));
    const third = await buy(world, "user_customer");
    const replaced = (await world.stripe.client.checkout.sessions.retrieve(third)).customer;
    expect(replaced).not.toBe(customer);
    expect((await world.api.get("/v1/entitlements/user_customer")).body["entitlements"]).toHaveLength(3);
  });
});

describe("POST /v1/checkout/session when Stripe fails", () => {
  it.each([400, 402, 429, 500, 503])(
    "a checkout returns 502 when Stripe returns %i, and its key succeeds on retry",
    async (status) => {
      await failNext({ status });
      const key = `refused-${status}`;
      const refused = await world.api.checkout("user_refused", "CREDITS_1000", key);
      expect(refused).toMatchObject({ status: 502, body: { error: "stripe_error" } });
      const retried = await world.api.checkout("user_refused", "CREDITS_1000", key);
      expect(retried.status).toBe(201);
      expect(retried.headers.get("Idempotency-Replayed")).toBeNull();
    },
  );

  it("a checkout accepts its key with another body when Stripe rejected the first request", async () => {
    await failNext({ status: 400 });
    await world.api.checkout("user_other_body", "CREDITS_1000", "other-body");
    const changed = await world.api.checkout("user_other_body", "DAY_PASS", "other-body");
    expect(changed.status).toBe(201);
  });

  it("a checkout returns 502 when Stripe's reply is lost, and a retry returns the same session", async () => {
    await failNext("reset", true);
    const lost = await world.api.checkout("user_lost", "CREDITS_1000", "lost");
    expect(lost).toMatchObject({ status: 502, body: { error: "stripe_error" } });
    const other = await world.api.checkout("user_lost", "DAY_PASS", "lost");
    expect(other).toMatchObject({ status: 409, body: { error: "idempotency_conflict" } });
    expect((await world.api.checkout("user_lost", "CREDITS_1000", "lost")).status).toBe(201);
    const mine = (await sessions()).filter(
      ({ metadata }) => metadata?.["licenzy_subject_ref"] === "user_lost",
    );
    expect(mine).toHaveLength(1);
  });

  it("a checkout returns 502 when Stripe hangs, and a retry returns the same session", async () => {
    await failNext("hang", true);
    // The first request to arrive is the one that hangs.
    const both = [1, 2].map(() => world.api.checkout("user_hang", "CREDITS_1000", "hang"));
    const replies = (await Promise.all(both)).toSorted((a, b) => a.status - b.status);
    expect(replies).toMatchObject([
      { status: 409, body: { error: "idempotency_in_progress" } },
      { status: 502, body: { error: "stripe_error" } },
    ]);
    expect((await world.api.checkout("user_hang", "CREDITS_1000", "hang")).status).toBe(201);
    const mine = (await sessions()).filter(
      ({ metadata }) => metadata?.["licenzy_subject_ref"] === "user_hang",
    );
    expect(mine).toHaveLength(1);
  }, 40_000);

  it("a checkout error quotes Stripe's message without the API key", async () => {
    await failNext({ status: 400 });
    const { body } = await world.api.checkout("user_words", "CREDITS_1000", "words");
    expect(JSON.stringify(body)).not.toContain(world.stripe.apiKey);
    expect(String((body as Record<string, unknown>)["message"])).toMatch(/^Stripe rejected the checkout: ./);
  });
});
