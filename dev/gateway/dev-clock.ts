import { DurableObject } from "cloudflare:workers";
import type { GatewayEnv } from "./env.ts";

/** How far the stack's clock is ahead of the machine's. Durable, so that time never runs back at a restart. */
export class DevClock extends DurableObject {
  offsetMs(): number {
    return this.ctx.storage.kv.get<number>("offset_ms") ?? 0;
  }

  /** Adds, so that two callers at once both get their advance. Returns the new offset. */
  advance(byMs: number): number {
    const offsetMs = this.offsetMs() + byMs;
    this.ctx.storage.kv.put("offset_ms", offsetMs);
    return offsetMs;
  }
}

/**
 * The offset as this isolate knows it. Every request of every worker asks for it, so it must not cost a call to
 * the object each time. Sound because the stack is one process, where each worker has exactly one isolate, and
 * because the clock is moved through `advanceClock` only.
 */
let knownOffsetMs: number | undefined;

export async function clockOffsetMs(env: GatewayEnv): Promise<number> {
  if (knownOffsetMs === undefined) {
    const offsetMs = await clockObject(env).offsetMs();
    // An advance may have overtaken the reply, and the clock never goes back.
    knownOffsetMs = Math.max(knownOffsetMs ?? 0, offsetMs);
  }
  return knownOffsetMs;
}

export async function advanceClock(env: GatewayEnv, byMs: number): Promise<number> {
  const offsetMs = await clockObject(env).advance(byMs);
  knownOffsetMs = Math.max(knownOffsetMs ?? 0, offsetMs);
  return knownOffsetMs;
}

function clockObject(env: GatewayEnv) {
  return env.CLOCK.getByName("clock");
}
