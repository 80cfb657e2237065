import Stripe from "stripe";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { eventually } from "../eventually.ts";
import { buy, newWorld, readStackTime, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await newWorld();
});
afterEach(async () => {
  await world.stripe.control("delivery", { mode: "normal" });
});

/** Builds an event as Stripe would send it, about an object that Licenzy need not know. */
function eventOf(
  type: string,
  object: Record<string, unknown>,
  change: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    id: `evt_${Math.random().toString(36).slice(2)}`,
    object: "event",
    type,
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    data: { object },
    ...change,
  });
}

async function send(
  payload: string,
  { secret = world.connection.webhookSecret, url = world.connection.webhookUrl, lateMs = 0 } = {},
) {
  const at = (await readStackTime(world.origin)) - lateMs;
  const header = Stripe.webhooks.generateTestHeaderString({
    payload,
    secret,
    timestamp: Math.floor(at / 1_000),
  });
  return fetch(url, { method: "POST", headers: { "Stripe-Signature": header }, body: payload });
}

async function paidSession(subjectRef: string): Promise<Stripe.Event> {
  const sessionId = await buy(world, subjectRef);
  const events = await world.stripe.client.events.list({ type: "checkout.session.completed", limit: 100 });
  const event = events.data.find(({ data }) => (data.object as { id: string }).id === sessionId);
  if (event === undefined) throw new Error("Stripe has no event of the session");
  return event;
}

const credits = async (subjectRef: string) =>
  (await world.api.get<{ usage_remaining: number }>(`/v1/customer/access/${subjectRef}`)).body
    .usage_remaining;

describe("Stripe webhook endpoint", () => {
  it("the Stripe webhook returns one error when connection, signature or time is invalid", async () => {
    const payload = eventOf("checkout.session.completed", {});
    const other = await newWorld();
    const replies = [
      await send(payload, { url: `${world.origin}/v1/webhooks/stripe/tenant/con_unknown` }),
      await send(payload, { secret: "whsec_wrong" }),
      await send(payload, { url: other.connection.webhookUrl }),
      await send(payload, { lateMs: 301_000 }),
      await send(payload, { lateMs: -302_000 }),
      await fetch(world.connection.webhookUrl, { method: "POST", body: payload }),
      await fetch(world.connection.webhookUrl, {
        method: "POST",
        headers: { "Stripe-Signature": "t=1,v1=x" },
        body: payload,
      }),
    ];
    const wordings = new Set<string>();
    for (const reply of replies) {
      expect(reply.status).toBe(400);
      wordings.add(((await reply.json()) as { message: string }).message);
    }
    expect(wordings.size).toBe(1);
  });

  it("the Stripe webhook returns 400 when a request has an API key instead of a signature", async () => {
    const response = await fetch(world.connection.webhookUrl, {
      method: "POST",
      headers: { Authorization: `Bearer ${world.apiKey}` },
      body: "{}",
    });
    expect(response.status).toBe(400);
  });

  it("the Stripe webhook rejects bodies above 1 MB and signed bodies that are not events", async () => {
    expect((await send("x".repeat(1024 * 1024 + 1))).status).toBe(413);
    expect((await send("not json")).status).toBe(400);
    expect((await send("{}")).status).toBe(400);
    expect((await send('{"id":"evt_1"}')).status).toBe(400);
  });
});

describe("Stripe webhook while Stripe's API hangs", () => {
  afterEach(async () => {
    await world.stripe.control("api", { next: 0, fail: "reset" });
  });

  it("the Stripe webhook answers within 2 s once the event is stored", async () => {
    await world.stripe.control("api", { next: 1_000, fail: "hang", path: "/v1/" });
    const charge = { id: "ch_hanging", object: "charge", refunded: true, payment_intent: "pi_hanging" };
    const payload = eventOf("charge.refunded", charge);
    const startedAt = Date.now();
    const reply = await send(payload);
    expect(reply.status).toBe(200);
    const tookMs = Date.now() - startedAt;
    // The first try was still waiting for Stripe when the reply came.
    expect(tookMs).toBeGreaterThan(1_000);
    expect(tookMs).toBeLessThan(2_000);
    // The event is stored: a second copy is a repetition, and needs nothing from Stripe.
    const repeatedAt = Date.now();
    expect((await send(payload)).status).toBe(200);
    expect(Date.now() - repeatedAt).toBeLessThan(1_000);
  });
});

describe("one-time purchases", () => {
  it("a purchase is granted once when its event arrives 10 times at once and again later", async () => {
    await world.stripe.deliver("hold");
    const event = await paidSession("user_ten");
    expect((await world.api.check("user_ten")).body.allowed).toBe(false);
    const payload = JSON.stringify(event);
    const replies = await Promise.all(Array.from({ length: 10 }, () => send(payload)));
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
    await eventually(async () => expect(await credits("user_ten")).toBe(1_000));
    await world.stripe.control("delivery", { mode: "normal", release: "shuffled", seed: 7, copies: 3 });
    expect(await credits("user_ten")).toBe(1_000);
  });

  it("a purchase grants the terms that were sold at checkout", async () => {
    const { body } = await world.api.checkout("user_frozen", "CREDITS_1000", "frozen");
    expect((await world.api.check("user_frozen")).body.allowed).toBe(false);
    await world.stripe.pay(sessionIdOf(body.checkout_url));
    expect(await credits("user_frozen")).toBe(1_000);
  });

  it("an asynchronous payment grants access only when it succeeds", async () => {
    const async = async (subjectRef: string, outcome: "succeeded" | "failed") => {
      const { body } = await world.api.checkout(subjectRef, "DAY_PASS", `async-${subjectRef}`);
      const sessionId = sessionIdOf(body.checkout_url);
      await world.stripe.pay(sessionId, { outcome: "unpaid" });
      expect((await world.api.check(subjectRef)).body.allowed).toBe(false);
      const session = await world.stripe.client.checkout.sessions.retrieve(sessionId);
      await world.stripe.control(`payments/${session.payment_intent}`, { async: outcome });
      return (await world.api.check(subjectRef)).body;
    };
    expect(await async("user_async_ok", "succeeded")).toMatchObject({ allowed: true });
    expect(await async("user_async_bad", "failed")).toMatchObject({
      allowed: false,
      reason: "no_entitlement",
    });
  });

  it("a checkout grants nothing when it expires", async () => {
    const { body } = await world.api.checkout("user_expired", "DAY_PASS", "expired");
    await world.stripe.pay(sessionIdOf(body.checkout_url), { outcome: "expired" });
    expect((await world.api.check("user_expired")).body.allowed).toBe(false);
  });

  it("a second pass starts when the first one expires", async () => {
    await buy(world, "user_passes", "DAY_PASS");
    await buy(world, "user_passes", "DAY_PASS");
    const { body } = await world.api.get<{
      entitlements: {
        starts_at: string;
        expires_at: string;
        available: boolean;
        unavailable_reason: string;
      }[];
    }>("/v1/entitlements/user_passes");
    const [first, second] = body.entitlements.toSorted((a, b) => (a.starts_at < b.starts_at ? -1 : 1));
    expect(second?.starts_at).toBe(first?.expires_at);
    expect([first?.available, second?.unavailable_reason]).toEqual([true, "not_started"]);
  });
});

describe("unrelated Stripe events", () => {
  it("the Stripe webhook returns 200 when an event is unhandled, foreign or another project's", async () => {
    const foreign = { id: "cs_foreign", payment_status: "paid", metadata: {} };
    const others = {
      ...foreign,
      metadata: {
        licenzy_project_id: "prj_other",
        licenzy_mode: "test",
        licenzy_subject_ref: "u",
        licenzy_product_code: "P",
        licenzy_attempt_id: "att_x",
      },
    };
    expect((await send(eventOf("customer.created", { id: "cus_1" }))).status).toBe(200);
    expect((await send(eventOf("checkout.session.completed", foreign))).status).toBe(200);
    expect((await send(eventOf("checkout.session.completed", others))).status).toBe(200);
    expect((await send(eventOf("checkout.session.completed", foreign, { livemode: true }))).status).toBe(200);
  });
});
