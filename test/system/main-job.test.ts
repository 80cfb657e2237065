import { describe, expect, it } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { eventually } from "../eventually.ts";
import { newWorld } from "./world.ts";

describe("check, checkout and consume", () => {
  it("a customer is denied access, pays through a checkout and spends credits", async () => {
    const { api, stripe, origin } = await newWorld();
    const before = await api.check("user_1");
    expect(before).toMatchObject({
      status: 200,
      body: { subject_ref: "user_1", allowed: false, reason: "no_entitlement" },
    });
    expect(before.headers.get("Request-Id")).toMatch(/^req_/);
    expect(before.headers.get("Licenzy-Decision")).toMatch(/^dec_/);

    const checkout = await api.checkout("user_1", "CREDITS_1000", "order-1");
    expect(checkout.status).toBe(201);
    expect(checkout.body).toMatchObject({
      attempt_id: expect.stringMatching(/^att_/),
      status: "created",
      mode: "test",
    });
    expect((await api.check("user_1")).body.allowed).toBe(false);

    await stripe.pay(sessionIdOf(checkout.body.checkout_url), { email: "user_1@example.com" });
    await eventually(async () =>
      expect((await api.check("user_1")).body).toEqual({
        subject_ref: "user_1",
        allowed: true,
      }),
    );

    const first = await api.consume("user_1", 100, "event-1");
    expect(first).toMatchObject({ status: 200, body: { ok: true, consumed: 100, usage_remaining: 900 } });
    expect(first.headers.get("Idempotency-Replayed")).toBeNull();
    const again = await api.consume("user_1", 100, "event-1");
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(again.headers.get("Licenzy-Decision")).toBe(first.headers.get("Licenzy-Decision"));

    const tooMuch = await api.consume("user_1", 901, "event-2");
    expect(tooMuch).toMatchObject({ status: 409, body: { error: "insufficient_usage" } });
    expect(tooMuch.headers.get("Licenzy-Decision")).toMatch(/^dec_/);

    const access = await api.get("/v1/customer/access/user_1");
    expect(access.body).toMatchObject({
      has_access: true,
      status: "active",
      reason: null,
      usage_remaining: 900,
      has_more: false,
      entitlements: [
        {
          kind: "usage_pack",
          product_code: "CREDITS_1000",
          status: "active",
          available: true,
          usage_granted: 1000,
          usage_remaining: 900,
          source: "stripe",
          current_period_end: null,
        },
      ],
    });
    await eventually(async () => {
      const report = (await (await fetch(`${origin}/__dev/verify`)).json()) as { faulty: unknown[] };
      expect(report.faulty).toEqual([]);
    });
  });
});
