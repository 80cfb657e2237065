import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { spawnStack } from "../../dev/stack/child.ts";
import { advanceClock, purchase, readAccess } from "./stripe-world.ts";
import { newWorld } from "./world.ts";

const day = 86_400;

// Uses its own stack: advancing by a year would renew the subscriptions of every other test.
test("a subscription renews on each due date when the clock advances by 368 days at once", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-clock-"));
  const stack = await spawnStack({ port: 0, stateDir, cronEveryMs: 0 });
  try {
    const world = await newWorld({ origin: stack.origin });
    const { subscription } = await purchase({ ...world, accountId: "" }, "user_year", "PRO_MONTHLY");
    const startedAt = Date.now();
    await advanceClock(world.origin, 368 * day);
    console.log(`a year of twelve renewals: ${Date.now() - startedAt} ms`);

    const { data } = await world.stripe.client.invoices.list({ subscription, status: "paid", limit: 100 });
    expect(data).toHaveLength(13);
    const starts = data.map(({ created }) => created).toSorted((a, b) => a - b);
    for (const [index, created] of starts.slice(1).entries()) {
      const previous = starts[index] ?? 0;
      expect(created - previous).toBeGreaterThanOrEqual(28 * day);
      expect(created - previous).toBeLessThanOrEqual(31 * day + 3_600);
    }
    expect(await readAccess(world, "user_year")).toMatchObject({ has_access: true, status: "active" });
  } finally {
    await stack.kill();
    await rm(stateDir, { recursive: true, force: true });
  }
}, 90_000);
