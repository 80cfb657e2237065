import { describe, expect, it } from "vitest";
import { buildConsume, buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

const hour = 3_600_000;

/** A subject with two entries an hour apart, and its decision after each. */
async function twoEntries() {
  const { identity, stub } = newSubject();
  const empty = await stub.check();
  await env.DEV.advance(hour);
  await stub.applyStripe(identity, buildPurchase("bought", buildPack(2), empty.at));
  const bought = await stub.check();
  await env.DEV.advance(hour);
  await stub.consume(identity, buildConsume(2, "all"));
  const spent = await stub.check();
  return { stub, empty, bought, spent };
}

describe("decisionAsOf with a forged decision id", () => {
  it("a subject computes every decision that it made", async () => {
    const { stub, empty, bought, spent } = await twoEntries();
    for (const made of [empty, bought, spent]) expect(await stub.decisionAsOf(made)).toMatchObject(made);
  });

  it("a subject knows no decision of a sequence beyond its ledger", async () => {
    const { stub, spent } = await twoEntries();
    for (const sequence of [spent.sequence + 1, 1_000, 2 ** 48 - 1])
      expect(await stub.decisionAsOf({ sequence, at: spent.at })).toMatchObject({
        outcome: "not_a_decision",
      });
  });

  it("a subject knows no decision of a time before its entry", async () => {
    const { stub, empty, bought, spent } = await twoEntries();
    for (const [sequence, at] of [
      [bought.sequence, empty.at],
      [spent.sequence, bought.at],
      [spent.sequence, 0],
    ] as const)
      expect(await stub.decisionAsOf({ sequence, at })).toMatchObject({ outcome: "not_a_decision" });
  });

  it("a subject knows no decision of a time after the next entry, when access was gone already", async () => {
    const { stub, empty, bought, spent } = await twoEntries();
    for (const [sequence, at] of [
      [empty.sequence, spent.at],
      [bought.sequence, spent.at + hour],
    ] as const)
      expect(await stub.decisionAsOf({ sequence, at })).toMatchObject({ outcome: "not_a_decision" });
  });
});
