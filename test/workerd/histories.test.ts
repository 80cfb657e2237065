import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dayMs, type GrantTerms } from "../../shared/domain/entitlement.ts";
import { Subject } from "../../workers/runtime/subject/subject.ts";
import { buildConsume, buildPack, buildPass, buildPurchase, env, newSubject, restart } from "./subjects.ts";

/**
 * Runs random histories of one subject on the real object. Checks them against a model without a ledger: the
 * units bought, spent and expired.
 */
type Step =
  | { do: "buy"; terms: GrantTerms; name: string; paidAgoMs: number }
  | { do: "consume"; units: number; key: string }
  | { do: "check" }
  | { do: "advance"; ms: number }
  | { do: "wake" };

const terms = fc.oneof(
  fc
    .record({ units: fc.integer({ min: 1, max: 500 }), days: fc.option(fc.integer({ min: 1, max: 5 })) })
    .map(({ units, days }) => buildPack(units, days)),
  fc.integer({ min: 1, max: 4 }).map(buildPass),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("buy" as const),
      terms,
      // Few names, so that the same purchase is reported again, also late.
      name: fc.constantFrom("a", "b", "c", "d", "e"),
      paidAgoMs: fc.integer({ min: 0, max: 2 * dayMs }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("consume" as const),
      units: fc.integer({ min: 1, max: 200 }),
      key: fc.constantFrom("k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: "check" as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("advance" as const),
      ms: fc.integer({ min: 1, max: 2 * dayMs }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "wake" as const }) },
);

const { HISTORIES: histories, SEED: seed } = env;
const timeoutMs = 60_000 + histories * 30;

describe("random histories", () => {
  afterEach(() => vi.useRealTimers());

  it(
    `a subject balances, replays and reproduces its decisions (${histories} histories, SEED=${seed})`,
    async () => {
      // One object is emptied and recreated for each history, because the test harness takes longer to enter
      // a new object with every object that exists.
      await runInDurableObject(newSubject().stub, async (_, ctx) => {
        await fc.assert(
          fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
            await ctx.storage.deleteAll();
            // Time is frozen between the steps. An entitlement that lasts 2 ms must not end between reading
            // the balance and spending it.
            vi.useFakeTimers({ toFake: ["Date"], now: vi.getRealSystemTime() });
            await playAndCheck(new Subject(ctx, env), newSubject().identity, steps);
          }),
          { numRuns: histories, seed },
        );
      });
    },
    timeoutMs,
  );
});

async function playAndCheck(
  subject: Subject,
  identity: ReturnType<typeof newSubject>["identity"],
  steps: Step[],
): Promise<void> {
  const answers: Awaited<ReturnType<Subject["check"]>>[] = [];
  const replies = new Map<string, { units: number; reply: unknown }>();
  let spent = 0;

  for (const step of steps) {
    switch (step.do) {
      case "buy": {
        const paidAt = Date.now() + (await env.DEV.clockOffsetMs()) - step.paidAgoMs;
        await subject.applyStripe(identity, buildPurchase(step.name, step.terms, paidAt));
        break;
      }
      case "consume": {
        const before = (await subject.read()).usageRemaining;
        const result = await subject.consume(identity, buildConsume(step.units, step.key));
        const earlier = replies.get(step.key);
        if (earlier !== undefined) {
          if (earlier.units === step.units)
            expect(result).toMatchObject({ outcome: "consumed", replayed: true, reply: earlier.reply });
          else expect(result.outcome).toBe("idempotency_conflict");
        } else if (before >= step.units) {
          const reply = { consumed: step.units, usageRemaining: before - step.units };
          expect(result).toMatchObject({ outcome: "consumed", replayed: false, reply });
          replies.set(step.key, { units: step.units, reply });
          spent += step.units;
        } else {
          expect(result).toMatchObject({ outcome: "insufficient_usage", usageRemaining: before });
        }
        break;
      }
      case "check":
        answers.push(await subject.check());
        break;
      case "advance":
        await env.DEV.advance(step.ms);
        break;
      case "wake":
        await subject.wake();
        break;
    }
  }

  await subject.wake();
  const { findings, unflushed } = await subject.verify();
  expect({ findings, unflushed }).toEqual({ findings: [], unflushed: 0 });

  const { entitlements } = await subject.read();
  const units = (pick: (entitlement: (typeof entitlements)[number]) => number) =>
    entitlements.reduce((sum, entitlement) => sum + pick(entitlement), 0);
  const granted = units(({ unitsGranted }) => unitsGranted ?? 0);
  const remaining = units(({ unitsRemaining }) => unitsRemaining ?? 0);
  const movements = await movementsOf(subject);
  expect(movements["granted"] ?? 0).toBe(granted);
  expect((movements["consumed"] ?? 0) + spent).toBe(0);
  expect(granted - spent + (movements["expired"] ?? 0)).toBe(remaining);

  for (const answer of answers) expect(await subject.decisionAsOf(answer)).toMatchObject(answer);
}

/** Sums the units by kind of movement, from the entries in storage. */
async function movementsOf(subject: Subject): Promise<Record<string, number>> {
  const { ctx } = subject as unknown as { ctx: DurableObjectState };
  const hasLedger =
    ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'ledger'").toArray().length > 0;
  if (!hasLedger) return {};
  const sums: Record<string, number> = {};
  for (const { body } of ctx.storage.sql.exec<{ body: string }>("SELECT body FROM ledger")) {
    const { touched } = JSON.parse(body) as { touched: { units: { movement: string; change: number }[] }[] };
    for (const { movement, change } of touched.flatMap(({ units }) => units))
      sums[movement] = (sums[movement] ?? 0) + change;
  }
  return sums;
}

describe("decisionAsOf after an eviction", () => {
  it("a subject returns the decisions it answered when its object was evicted", async () => {
    const { identity, stub } = newSubject();
    const before = await stub.check();
    await stub.applyStripe(identity, buildPurchase("evicted", buildPack(2), Date.now()));
    const allowed = await stub.check();
    await stub.consume(identity, buildConsume(2, "all"));
    const exhausted = await stub.check();
    const again = await restart(stub);
    for (const answer of [before, allowed, exhausted])
      expect(await again.decisionAsOf(answer)).toMatchObject(answer);
    expect(exhausted.decision).toMatchObject({ allowed: false, reason: "usage_exhausted" });
  });
});
