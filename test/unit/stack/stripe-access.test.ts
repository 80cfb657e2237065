import { describe, expect, it } from "vitest";
import { readStripeAccess } from "../../../dev/stack/command-line.ts";

const key = "rk_test_0123456789";

describe("STRIPE_SECRET_KEY", () => {
  it("is not needed, and a test key reaches Stripe itself", () => {
    expect(readStripeAccess({})).toBeUndefined();
    expect(readStripeAccess({ STRIPE_SECRET_KEY: key })).toEqual({
      secretKey: key,
      base: "https://api.stripe.com",
      webhookSecret: undefined,
    });
  });

  it.each(["sk_live_0123456789", "rk_live_0123456789"])("refuses the live key %s in words", (live) => {
    expect(() => readStripeAccess({ STRIPE_SECRET_KEY: live })).toThrow(/is a live key\. .* test keys only/);
  });

  it.each([
    [{ STRIPE_SECRET_KEY: "pk_test_0123456789" }, "must be the key of a test account"],
    [{ STRIPE_SECRET_KEY: key, STRIPE_WEBHOOK_SECRET: "secret" }, "that stripe listen prints"],
    [{ STRIPE_SECRET_KEY: key, STRIPE_API_BASE: "stripe" }, "must be a URL, not stripe"],
  ])("refuses %j", (environment, message) => {
    expect(() => readStripeAccess(environment)).toThrow(message);
  });
});
