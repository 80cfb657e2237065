import { beforeEach, describe, expect, it } from "vitest";
import { fetchPrice } from "../../workers/runtime/operations/prices.ts";
import { newConnectedProject } from "./connected-project.ts";
import { env } from "./subjects.ts";

beforeEach(async () => {
  await env.DEV.setStripeAnswers([]);
});

async function answerTo(status: number, error: object) {
  const { projectId } = await newConnectedProject();
  await env.DEV.setStripeAnswers([{ path: "/v1/prices/price_1", status, body: { error } }]);
  return fetchPrice(env, { projectId, mode: "test" }, "price_1");
}

describe("fetchPrice", () => {
  it.each([
    [429, { type: "invalid_request_error", code: "rate_limit", message: "Too many requests" }],
    [500, { type: "api_error", message: "Something broke" }],
    [503, { type: "api_error", message: "Down for maintenance" }],
    [401, { type: "invalid_request_error", message: "Invalid API Key provided" }],
  ])("fetchPrice reports an error of Stripe when Stripe returns %i", async (status, error) => {
    const reply = await answerTo(status, error);
    expect(reply).toMatchObject({ outcome: "refused", reason: "stripe", field: "stripePriceId" });
    expect(reply).toMatchObject({ message: expect.stringContaining("did not return the price") });
    expect(reply).toMatchObject({ message: expect.stringContaining(error.message) });
  });

  it("fetchPrice reports an unknown price only when Stripe does", async () => {
    const missing = { type: "invalid_request_error", code: "resource_missing", message: "No such price" };
    expect(await answerTo(404, missing)).toMatchObject({
      reason: "invalid",
      message: expect.stringContaining("Stripe has no price price_1"),
    });
  });
});
