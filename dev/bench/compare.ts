import { type Load, type Measured, measure } from "./load.ts";

export interface Comparison {
  what: string;
  /** The bound of the ratio. `null` for a row that only shows what is possible. */
  target: { atLeast: number } | { atMost: number } | null;
  /** Medians over all rounds. Where the runtime is compared with itself, `ours` is the second side. */
  ours: Measured;
  floor: Measured;
  /**
   * `ours` / `floor` of each round in requests per second; for growth rows in time, so `floor` / `ours`; for tails in the
   * time that 99 % of the requests take at most.
   */
  ratios: number[];
  ratio: number;
  holds: boolean | null;
}

export interface Sides {
  what: string;
  target: Comparison["target"];
  ours: Load;
  floor: Load;
  /** Whether the load makes many subjects flush to D1 during this turn or the next. */
  isFlushed: boolean;
  /** Compares the slowest hundredth of the requests instead of the rate. */
  isTail?: boolean;
}

const unmeasured: Measured = {
  requestsPerSecond: Number.NaN,
  medianMs: Number.NaN,
  ninetyNinePercentMs: Number.NaN,
};

export interface Pace {
  rounds: number;
  rampMs: number;
  measuredMs: number;
}

/** Measures both sides in turns. The first side alternates each round, so that a drift affects both. */
export async function compare(
  { what, target, ours, floor, isTail = false }: Sides,
  pace: Pace,
): Promise<Comparison> {
  const measured: { ours: Measured[]; floor: Measured[] } = { ours: [], floor: [] };
  const sides = { ours, floor };
  for (let round = 0; round < pace.rounds; round++) {
    const order = round % 2 === 0 ? (["floor", "ours"] as const) : (["ours", "floor"] as const);
    for (const side of order) {
      measured[side].push(await measure(sides[side], pace.rampMs, pace.measuredMs));
    }
  }
  const ratios = measured.ours.map((mine, round) => {
    const base = measured.floor[round] ?? unmeasured;
    if (isTail) return mine.ninetyNinePercentMs / base.ninetyNinePercentMs;
    return target !== null && "atMost" in target
      ? base.requestsPerSecond / mine.requestsPerSecond
      : mine.requestsPerSecond / base.requestsPerSecond;
  });
  const ratio = median(ratios);
  return {
    what,
    target,
    ours: medianOf(measured.ours),
    floor: medianOf(measured.floor),
    ratios,
    ratio,
    holds: holds(target, ratio),
  };
}

function holds(target: Comparison["target"], ratio: number): boolean | null {
  if (target === null) return null;
  return "atLeast" in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

function medianOf(all: Measured[]): Measured {
  return {
    requestsPerSecond: median(all.map(({ requestsPerSecond }) => requestsPerSecond)),
    medianMs: median(all.map(({ medianMs }) => medianMs)),
    ninetyNinePercentMs: median(all.map(({ ninetyNinePercentMs }) => ninetyNinePercentMs)),
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1], sorted[middle]];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}
