import { describe, expect, it } from "vitest";
import type { KeyEntry } from "../../../workers/runtime/keys/keyring.ts";
import { findCallerRegion } from "../../../workers/runtime/replica/caller-region.ts";
import { KeyLeases } from "../../../workers/runtime/replica/key-leases.ts";
import { type Grant, leaseTerms } from "../../../workers/runtime/replica/lease.ts";
import { LeaseCache } from "../../../workers/runtime/replica/lease-cache.ts";

const grant = (sequence: number, more: Partial<Grant> = {}): Grant => ({
  decision: { allowed: true, entitlementId: "ent_1" },
  sequence,
  at: 0,
  validUntil: null,
  leaseMs: leaseTerms.leaseMs,
  ...more,
});

/** A cache on a clock that the test moves, and the number of questions that it called. */
function newCache(maxSubjects = 10) {
  const world = { now: 0, requests: 0, answer: grant(1) };
  const clock = { now: () => world.now, time: () => world.now };
  const cache = new LeaseCache(clock, leaseTerms, maxSubjects);
  const request = async () => {
    world.requests++;
    return world.answer;
  };
  const check = (name = "a", atLeast = 0) => cache.check(name, atLeast, request);
  return { world, cache, check };
}

/** The number of questions that 1,000 checks call, one each `everyMs`. */
async function countQuestions(everyMs: number): Promise<number> {
  const { world, check } = newCache();
  for (let index = 0; index < 1_000; index++) {
    await check();
    world.now += everyMs;
  }
  return world.requests;
}

describe("LeaseCache", () => {
  it("a lease answers 1,000 checks with at most 110 questions at one a second, and 12 at ten", async () => {
    expect(await countQuestions(1_000)).toBeLessThanOrEqual(110);
    expect(await countQuestions(100)).toBeLessThanOrEqual(12);
  });

  it("a lease ends 500 ms early, counted from before it was requested", async () => {
    const { world, check } = newCache();
    await check();
    world.now = 9_499;
    expect(await check()).toMatchObject({ sequence: 1, at: 9_499 });
    expect(world.requests).toBe(1);
    world.now = 9_500;
    await check();
    expect(world.requests).toBe(2);
  });

  it("a lease ends a second before time changes the decision", async () => {
    const { world, check } = newCache();
    world.answer = grant(1, { validUntil: 5_000 });
    await check();
    world.now = 3_999;
    await check();
    expect(world.requests).toBe(1);
    world.now = 4_000;
    await check();
    expect(world.requests).toBe(2);
  });

  it("a check that names a later decision calls", async () => {
    const { world, check } = newCache();
    await check();
    world.answer = grant(4);
    expect(await check("a", 3)).toMatchObject({ sequence: 4 });
    expect(await check("a", 4)).toMatchObject({ sequence: 4 });
    expect(world.requests).toBe(2);
  });

  it("a recalled lease, and a grant that was on its way, answer no later check", async () => {
    const { world, cache } = newCache();
    let answer: (value: Grant) => void = () => {};
    const first = cache.check("a", 0, () => new Promise((resolve) => (answer = resolve)));
    await Promise.resolve();
    cache.recall("a", 2);
    answer(grant(1));
    // It began before the recall, so it may have the state from before.
    expect(await first).toMatchObject({ sequence: 1 });
    expect(await cache.check("a", 0, async () => grant(2))).toMatchObject({ sequence: 2 });
    world.now = 100;
    cache.recall("a", 2);
    expect(await cache.check("a", 0, () => Promise.reject(new Error("called")))).toMatchObject({
      sequence: 2,
    });
  });

  it("a check takes no answer to the question of another check that came without a lease", async () => {
    const { cache } = newCache();
    const answers: ((value: Grant) => void)[] = [];
    const request = () => new Promise<Grant>((resolve) => answers.push(resolve));
    const first = cache.check("a", 0, request);
    await Promise.resolve();
    const second = cache.check("a", 0, request);
    await Promise.resolve();
    expect(answers).toHaveLength(1);
    answers[0]?.(grant(1, { leaseMs: 0 }));
    expect(await first).toMatchObject({ sequence: 1 });
    for (let turn = 0; turn < 10; turn++) await null;
    answers[1]?.(grant(2, { leaseMs: 0 }));
    expect(await second).toMatchObject({ sequence: 2 });
  });

  it("a failed question fails its own check, and not the one that waited for it", async () => {
    const { cache } = newCache();
    const first = cache.check("a", 0, () => Promise.reject(new Error("away")));
    const second = cache.check("a", 0, async () => grant(1));
    await expect(first).rejects.toThrow("away");
    expect(await second).toMatchObject({ sequence: 1 });
  });

  it("10,000 subjects in a cache for fewer cost questions, and nothing else", async () => {
    const { world, check } = newCache(1_000);
    for (let index = 0; index < 10_000; index++) await check(`subject-${index}`);
    expect(await check("subject-0")).toMatchObject({ sequence: 1 });
    expect(world.requests).toBe(10_001);
    await check("subject-9999");
    expect(world.requests).toBe(10_001);
  });
});

describe("KeyLeases", () => {
  const entry: KeyEntry = { keyId: "key_1", expiresAt: null, plan: "active", rateLimit: 100 };

  it("a key that is revoked is found for 4 s at most, counted from before the Keyring was called", async () => {
    let now = 0;
    let found: KeyEntry | null = entry;
    const keys = new KeyLeases(() => now);
    const slow = async () => {
      const answer = found;
      now += 300;
      return answer;
    };
    expect(await keys.find("hash", slow)).toBe(entry);
    found = null;
    now = 3_999;
    expect(await keys.find("hash", slow)).toBe(entry);
    now = 4_000;
    expect(await keys.find("hash", slow)).toBeNull();
    found = entry;
    expect(await keys.find("hash", slow), "an unknown key is not remembered").toBe(entry);
  });
});

describe("findCallerRegion", () => {
  it.each([
    ["NA", "US", "-74.0", "enam"],
    ["NA", "US", "-122.4", "wnam"],
    ["SA", "BR", "-46.6", "sam"],
    ["EU", "DE", "8.7", "weur"],
    ["EU", "RO", "26.1", "eeur"],
    ["AS", "JP", "139.7", "apac"],
    ["AS", "AE", "55.3", "me"],
    ["AF", "ZA", "28.0", "afr"],
    ["OC", "AU", "151.2", "oc"],
  ] as const)("%s %s is in %s", (continent, country, longitude, region) => {
    expect(findCallerRegion({ continent, country, longitude })).toBe(region);
  });

  it("a caller of unknown place is in no region", () => {
    expect(findCallerRegion(undefined)).toBeNull();
    expect(findCallerRegion({})).toBeNull();
  });
});
