import { DurableObject } from "cloudflare:workers";

/**
 * Stores the offset of the stack's clock from the machine's clock. Durable, so that time never goes back
 * after a restart.
 */
export class DevClock extends DurableObject {
  offsetMs(): number {
    return this.ctx.storage.kv.get<number>("offset_ms") ?? 0;
  }

  /** Adds to the offset, so that concurrent callers both get their advance. Returns the new offset. */
  advance(byMs: number): number {
    const offsetMs = this.offsetMs() + byMs;
    this.ctx.storage.kv.put("offset_ms", offsetMs);
    return offsetMs;
  }
}

interface ClockEnv {
  CLOCK: DurableObjectNamespace<DevClock>;
}

/**
 * The offset as this isolate knows it. Every request of every worker reads it, so it must not cost a call
 * to the object each time.
 *
 * This is sound for two reasons. The stack is one process, in which each worker has exactly one isolate.
 * And the clock is moved only through `advanceClock`.
 */
let knownOffsetMs: number | undefined;

export async function clockOffsetMs(env: ClockEnv): Promise<number> {
  if (knownOffsetMs === undefined) {
    const offsetMs = await clockObject(env).offsetMs();
    // A concurrent advance may have finished first, and the clock never goes back.
    knownOffsetMs = Math.max(knownOffsetMs ?? 0, offsetMs);
  }
  return knownOffsetMs;
}

export async function advanceClock(env: ClockEnv, byMs: number): Promise<number> {
  const offsetMs = await clockObject(env).advance(byMs);
  knownOffsetMs = Math.max(knownOffsetMs ?? 0, offsetMs);
  return knownOffsetMs;
}

function clockObject(env: ClockEnv) {
  return env.CLOCK.getByName("clock");
}
