/** A source of random numbers that a seed repeats (mulberry32). */
export class Dice {
  constructor(private seed: number) {}

  /** From 0 to 1, without 1. */
  next(): number {
    this.seed = (this.seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.between(0, values.length - 1)] as T;
  }
}

/** More than any promise here waits for others. */
const microtasks = 40;

/** Time that passes only when nothing is left to do at the present moment. */
export class VirtualTime {
  now = 0;
  private readonly timers: { at: number; order: number; run: () => void }[] = [];
  private order = 0;

  at(time: number, run: () => void): void {
    const timer = { at: Math.max(time, this.now), order: this.order++, run };
    let place = this.timers.length;
    for (; place > 0; place--) {
      const before = this.timers[place - 1];
      if (before === undefined || before.at < timer.at) break;
      if (before.at === timer.at && before.order < timer.order) break;
    }
    this.timers.splice(place, 0, timer);
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.now + ms, resolve));
  }

  /** Runs every timer up to `end`, and what follows from it, in order. */
  async run(end: number): Promise<void> {
    for (;;) {
      // Much faster than a turn of the event loop.
      for (let turn = 0; turn < microtasks; turn++) await null;
      const [next] = this.timers;
      if (next === undefined || next.at > end) return;
      this.timers.shift();
      this.now = next.at;
      next.run();
    }
  }
}

/** A clock that is up to `skewMs` wrong either way, and jumps within that. */
export class SkewedClock {
  private offset = 0;
  private nextJumpAt = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly dice: Dice,
    private readonly skewMs: number,
  ) {}

  now(): number {
    if (this.time.now >= this.nextJumpAt) {
      this.offset = this.dice.between(-this.skewMs, this.skewMs);
      this.nextJumpAt = this.time.now + this.dice.between(200, 8_000);
    }
    return 1_000_000 + this.time.now + this.offset;
  }
}
