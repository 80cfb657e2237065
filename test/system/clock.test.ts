import { expect, test } from "vitest";
import { advanceClock, newStripeWorld, purchase, standingOf } from "./stripe-world.ts";

const day = 86_400;

test("a year and two days in one step: twelve renewals happen on the way, each at its own time", async () => {
  const world = await newStripeWorld();
  const { subscription } = await purchase(world, "user_year", "PRO_MONTHLY");
  const startedAt = Date.now();
  await advanceClock(world.origin, 368 * day);
  const tookMs = Date.now() - startedAt;

  const { data } = await world.stripe.client.invoices.list({ subscription, status: "paid", limit: 100 });
  expect(data).toHaveLength(13);
  const starts = data.map(({ created }) => created).toSorted((a, b) => a - b);
  for (const [index, created] of starts.slice(1).entries()) {
    const previous = starts[index] ?? 0;
    expect(created - previous).toBeGreaterThanOrEqual(28 * day);
    expect(created - previous).toBeLessThanOrEqual(31 * day);
  }
  expect(await standingOf(world, "user_year")).toMatchObject({ has_access: true, status: "active" });
  console.log(`a year of twelve renewals: ${tookMs} ms`);
});
