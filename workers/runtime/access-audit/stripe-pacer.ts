import { parseRetryAfter } from "../../../shared/webhooks/retry-schedule.ts";

/** Reads per second of an audit on one connection. Stripe allows ten times as many in live mode. */
const readsPerSecond = 10;
const maxRetries = 3;
/** Of one read, in milliseconds. After a longer wait the turn ends, and a later one reads the page again. */
const maxWaitMs = 10_000;

/** The clock of a pacer, in milliseconds, and how it waits. */
export interface PacerClock {
  now(): number;
  wait(ms: number): Promise<void>;
}

const machineClock: PacerClock = { now: () => Date.now(), wait: (ms) => scheduler.wait(ms) };

/**
 * Spaces the reads of one turn, and repeats those that Stripe answers with 429, after the time in `Retry-After`. Only for
 * reads: repeating a write needs its idempotency key.
 */
export class StripePacer {
  /** Requests that were sent. */
  calls = 0;
  private nextAt = 0;

  constructor(private readonly clock: PacerClock = machineClock) {}

  async send(request: () => Promise<Response>): Promise<Response> {
    for (let retries = 0; ; retries++) {
      await this.waitForTurn();
      this.calls++;
      const response = await request();
      if (response.status !== 429) return response;
      const waitMs =
        parseRetryAfter(response.headers.get("Retry-After"), this.clock.now()) ?? 1_000 * 2 ** retries;
      this.nextAt = Math.max(this.nextAt, this.clock.now() + waitMs);
      const isFinal = retries === maxRetries || waitMs > maxWaitMs;
      if (isFinal || response.headers.get("Stripe-Should-Retry") === "false") return response;
      await response.body?.cancel();
    }
  }

  private async waitForTurn(): Promise<void> {
    const now = this.clock.now();
    const at = Math.max(now, this.nextAt);
    this.nextAt = at + 1_000 / readsPerSecond;
    if (at > now) await this.clock.wait(at - now);
  }
}
