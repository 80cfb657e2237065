import Stripe from "stripe";
import { describe, expect, test } from "vitest";
import { signWebhook } from "../../../dev/pocket-stripe/signature.ts";

const secret = "whsec_of_the_unit_tests";
const body = JSON.stringify({ id: "evt_1", object: "event", type: "charge.succeeded" }, null, 2);
const at = 1_800_000_000;
const verify = (text: string, header: string, key = secret) =>
  Stripe.webhooks.constructEvent(text, header, key, 300, undefined, at * 1000);

describe("signWebhook", () => {
  test("Stripe's library accepts a webhook signed by signWebhook()", () => {
    expect(verify(body, signWebhook(secret, body, at)).type).toBe("charge.succeeded");
  });

  test("Stripe's library rejects a webhook with another secret, another body or an old timestamp", () => {
    const header = signWebhook(secret, body, at);
    expect(() => verify(body, header, "whsec_other")).toThrow();
    expect(() => verify(`${body} `, header)).toThrow();
    expect(() => verify(body, signWebhook(secret, body, at - 301))).toThrow();
  });
});
