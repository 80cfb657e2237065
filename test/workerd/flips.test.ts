import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { dayMs } from "../../shared/domain/entitlement.ts";
import type { SubjectIdentity } from "../../shared/domain/subject-name.ts";
import type { Subject } from "../../workers/runtime/subject/subject.ts";
import { buildConsume, buildPack, buildPass, buildPurchase, env, newSubject, now } from "./subjects.ts";

const packs = 300;
const entries = 100_000;

const flipsOf = async (customer: ReturnType<typeof newSubject>, before: number | null, limit: number) => {
  const { entries: shown, flips } = await customer.stub.customerView(customer.identity, { before, limit });
  return {
    flips: flips?.map(({ after, cause }) => ({
      at: after.at,
      sequence: after.sequence,
      allowed: after.allowed,
      cause,
    })),
    shown: shown.map(({ sequence }) => sequence),
  };
};

describe("the flips of a page", () => {
  it("each flip is on exactly one page of the timeline", async () => {
    const customer = newSubject();
    const { identity, stub } = customer;
    for (let day = 0; day < 6; day++) {
      await stub.applyStripe(identity, buildPurchase(`pass-${day}`, buildPass(1), await now()));
      await stub.applyStripe(identity, buildPurchase(`pack-${day}`, buildPack(3), await now()));
      for (const key of [1, 2, 3]) await stub.consume(identity, buildConsume(1, `${day}-${key}`));
      await env.DEV.advance(2 * dayMs);
      await stub.wake();
    }
    const whole = await flipsOf(customer, null, 200);
    expect(whole.flips?.filter(({ cause }) => cause.type === "clock")).toHaveLength(6);
    expect(whole.flips).toHaveLength(12);
    for (const limit of [1, 2, 5, 7]) {
      const paged: typeof whole = { flips: [], shown: [] };
      let before: number | null = null;
      while (before !== 1) {
        const page = await flipsOf(customer, before, limit);
        paged.flips?.push(...(page.flips ?? []));
        paged.shown.push(...page.shown);
        before = page.shown.at(-1) ?? 1;
      }
      expect(paged, `${limit} a page`).toEqual(whole);
    }
  });

  it(`a page of a customer with ${entries} entries and ${packs} entitlements reads few of them`, async () => {
    const { identity, stub } = newSubject();
    const at = await now();
    for (let pack = 1; pack <= packs; pack++)
      await stub.applyStripe(identity, buildPurchase(`pack-${pack}`, buildPack(5, pack), at));
    await stub.consume(identity, buildConsume(1, "first"));
    await runInDurableObject(stub, (_, { storage }) =>
      // Copies the consume, which left units in its pack.
      storage.sql
        .exec(
          `INSERT INTO ledger
           WITH RECURSIVE more (sequence) AS
             (SELECT ?1 + 2 UNION ALL SELECT sequence + 1 FROM more WHERE sequence < ?2)
           SELECT more.sequence, at, printf('%064d', more.sequence), body, 'key-' || more.sequence
           FROM more, ledger WHERE ledger.sequence = ?1 + 1`,
          packs,
          entries,
        )
        .toArray(),
    );
    await env.DEV.advance((packs + 1) * dayMs);
    const { since, flips, decision } = await stub.customerView(identity, { before: null, limit: 50 });
    expect(decision.allowed).toBe(false);
    expect(flips).toMatchObject([{ after: { at: since, sequence: entries }, cause: { change: "expired" } }]);
    for (const before of [entries, entries / 2, packs])
      expect(await countRowsRead(stub, identity, before), `before ${before}`).toBeLessThan(2 * packs + 100);
  });
});

/** Counts the rows of the ledger that a page of 50 entries reads. */
async function countRowsRead(
  stub: DurableObjectStub<Subject>,
  identity: SubjectIdentity,
  before: number,
): Promise<number> {
  return runInDurableObject(stub, async (subject, { storage }) => {
    const { store } = subject as unknown as { store: { sql: unknown } };
    const cursors: { rowsRead: number }[] = [];
    store.sql = {
      exec: (query: string, ...bindings: unknown[]) => {
        const cursor = storage.sql.exec(query, ...bindings);
        if (query.includes("FROM ledger")) cursors.push(cursor);
        return cursor;
      },
    };
    try {
      await (subject as Subject).customerView(identity, { before, limit: 50 });
    } finally {
      store.sql = storage.sql;
    }
    return cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
  });
}
