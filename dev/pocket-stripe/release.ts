import { firstAttemptGraceMs } from "./events.ts";
import { shuffle } from "./shuffle.ts";

/** Options for releasing held deliveries. */
export interface Release {
  /** Releases only deliveries of this account. */
  account: string | undefined;
  order: "in_order" | "reversed" | "shuffled";
  /** The same seed gives the same order. */
  seed: number;
  /** Number of times each delivery is sent. Stripe occasionally sends duplicates too. */
  copies: number;
}

/** Marks all held deliveries as pending, and returns them in order. */
export function releaseHeld(sql: SqlStorage, { account, order, seed, copies }: Release): number[] {
  const held = sql
    .exec<{ seq: number }>(
      "SELECT seq FROM deliveries WHERE state IN ('held', 'late') AND scope GLOB ? ORDER BY seq",
      `${account ?? "*"}/*`,
    )
    .toArray()
    .map((row) => row.seq);
  const all = [...held];
  for (let copy = 1; copy < copies; copy++) {
    for (const seq of held) {
      const { seq: copySeq } = sql
        .exec<{ seq: number }>(
          "INSERT INTO deliveries (scope, event, endpoint, state, next_at_ms) SELECT scope, event, endpoint, 'held', next_at_ms FROM deliveries WHERE seq = ? RETURNING seq",
          seq,
        )
        .one();
      all.push(copySeq);
    }
  }
  sql.exec(
    "UPDATE deliveries SET state = 'pending', next_at_ms = ? WHERE seq IN (SELECT value FROM json_each(?))",
    Date.now() + firstAttemptGraceMs,
    JSON.stringify(all),
  );
  if (order === "shuffled") return shuffle(all, seed);
  return order === "reversed" ? all.reverse() : all;
}
