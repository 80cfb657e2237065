import type { Operation } from "../../../../shared/domain/ledger.ts";
import type { SpentUnits } from "../../db/flush-subject.ts";
import type { SubjectStore } from "../storage/store.ts";

/** The operations that spend units. What is given back later is not taken off: it was spent in its hour. */
const isSpendingSql = (["consume", "settle", "lapse"] satisfies Operation[])
  .map((operation) => `{"operation":"${operation}"`)
  .map((start) => `substr(body, 1, ${start.length}) = '${start}'`)
  .join(" OR ");

/** Returns the units that entries after `after`, up to `until`, spent, by hour. */
const readSpentByHour = (sql: SqlStorage, after: number, until: number) =>
  sql
    .exec<{ hour: number; units: number }>(
      `SELECT at - at % 3600000 AS hour, -sum(moved.value ->> 'change') AS units
       FROM ledger, json_each(body, '$.touched') AS touched, json_each(touched.value, '$.units') AS moved
       WHERE sequence > ? AND sequence <= ? AND (${isSpendingSql}) AND moved.value ->> 'movement' = 'consumed'
       GROUP BY hour ORDER BY hour`,
      after,
      until,
    )
    .toArray();

/** Reads of this size take a few milliseconds. */
const entriesPerRead = 5_000;

/**
 * Adds up the units spent by entries that are not flushed, up to `until`, by hour. Each hour has the total since the
 * beginning, so D1 can count what it lacks, and a flush that is repeated adds nothing. Reads in slices, so that a busy
 * subject does not block its checks.
 */
export async function addUpSpentUnits(
  sql: SqlStorage,
  store: SubjectStore,
  until: number,
): Promise<SpentUnits> {
  const units = new Map<number, number>();
  let after = store.flushedSequence();
  while (after < until) {
    const last = Math.min(until, after + entriesPerRead);
    for (const { hour, units: spent } of readSpentByHour(sql, after, last))
      units.set(hour, (units.get(hour) ?? 0) + spent);
    after = last;
    if (after < until) await scheduler.wait(0);
  }
  // A row of D1 that was restored from an earlier time has less than the object: the first hour counts from zero.
  let total = store.spentUnits();
  let from = 0;
  const hours = [...units].map(([hour, spent]) => {
    total += spent;
    const counted = { hour, from, to: total };
    from = total;
    return counted;
  });
  return { total, hours };
}
