import { firstAttemptGraceMs } from "./events.ts";

/** How held deliveries go out. */
export interface Release {
  order: "in_order" | "reversed" | "shuffled";
  /** The same seed gives the same order. */
  seed: number;
  /** How often each is sent; more than once, it is delivered again as Stripe at times does. */
  copies: number;
}

/** Turns everything held into what is to be sent, and returns that in its order. */
export function releaseHeld(sql: SqlStorage, { order, seed, copies }: Release): number[] {
  const held = sql
    .exec<{ seq: number }>("SELECT seq FROM deliveries WHERE state = 'held' ORDER BY seq")
    .toArray()
    .map((row) => row.seq);
  const all = [...held];
  for (let copy = 1; copy < copies; copy++) {
    for (const seq of held) {
      const { seq: twin } = sql
        .exec<{ seq: number }>(
          "INSERT INTO deliveries (scope, event, endpoint, state, next_at_ms) SELECT scope, event, endpoint, 'held', next_at_ms FROM deliveries WHERE seq = ? RETURNING seq",
          seq,
        )
        .one();
      all.push(twin);
    }
  }
  sql.exec(
    "UPDATE deliveries SET state = 'pending', next_at_ms = ? WHERE state = 'held'",
    Date.now() + firstAttemptGraceMs,
  );
  if (order === "shuffled") return shuffle(all, seed);
  return order === "reversed" ? all.reverse() : all;
}

/** Fisher and Yates, with mulberry32 for its numbers. */
function shuffle(values: number[], seed: number): number[] {
  const shuffled = [...values];
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const [a = 0, b = 0] = [shuffled[last], shuffled[other]];
    shuffled[last] = b;
    shuffled[other] = a;
  }
  return shuffled;
}
