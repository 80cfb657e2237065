import { describe, expect, it } from "vitest";
import type { Mutation } from "./simulated-home.ts";
import { findStale, type History, simulate } from "./simulation.ts";

/** `HISTORIES=50000 SEED=1 npx vitest run --project unit test/unit/replica` runs more, or those of an earlier run. */
const histories = Number(process.env["HISTORIES"] ?? 2_000);
const firstSeed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

async function countStale(count: number, mutation: Mutation): Promise<number> {
  let found = 0;
  for (let seed = 1; seed <= count; seed++) if (findStale(await simulate(seed, mutation)).length > 0) found++;
  return found;
}

describe("the order of reads and acknowledged changes in real time", () => {
  it(`no read in ${histories} random histories is older than a change that was acknowledged before it began`, {
    timeout: histories * 100,
  }, async () => {
    const totals = { reads: 0, questions: 0, longestWriteMs: 0 };
    const add = ({ reads, questions, longestWriteMs }: History) => {
      totals.reads += reads.length;
      totals.questions += questions;
      totals.longestWriteMs = Math.max(totals.longestWriteMs, longestWriteMs);
    };
    for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
      const history = await simulate(seed);
      expect({ seed, stale: findStale(history) }).toEqual({ seed, stale: [] });
      add(history);
    }
    // Most reads were answered from leases, so the histories say something.
    expect(totals.reads).toBeGreaterThan(20 * histories);
    expect(totals.questions).toBeLessThan(0.7 * totals.reads);
    // A lease with its margin, on clocks that are wrong by 1 s at most, and the last pause.
    expect(totals.longestWriteMs).toBeLessThan(10_000 + 1_500 + 2_000 + 1_000);
  });

  it.each<[string, Mutation]>([
    ["acknowledges a change before leases are back", { acknowledgesEarly: true }],
    ["acknowledges the replay of a change before leases are back", { replaysEarly: true }],
    ["forgets at a restart who holds leases", { forgetsHolders: true }],
    ["keeps a lease that was recalled on its way", { takesRecalled: true }],
    [
      "answers right up to the moment at which time changes the decision",
      { terms: { validUntilMarginMs: -500 } },
    ],
    ["holds leases longer than the subject waits", { terms: { homeMarginMs: -6_000 } }],
  ])("the test finds a protocol that %s", { timeout: 60_000 }, async (_, mutation) => {
    expect(await countStale(250, mutation)).toBeGreaterThan(0);
  });
});
