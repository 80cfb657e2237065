import { waitUntil } from "cloudflare:workers";
import { addActivity, type CheckCount } from "../../shared/db/activity.ts";
import { d1 } from "../../shared/db/deadline.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { errorMessage, log } from "../../shared/kit/log.ts";
import type { RuntimeEnv } from "./env.ts";
import type { Caller } from "./request-context.ts";

/**
 * How many checks were allowed and denied, and which keys were used: counted in this isolate's memory, and brought to D1
 * in the background 10 seconds after the first count, all together. No request waits for it, and none sends a statement.
 *
 * Approximate: what an isolate had counted when it ended is lost; what D1 took without its answer arriving counts twice.
 */
const gatherMs = 10_000;
const developmentGatherMs = 1_000;
/** A context that ended before its timer leaves this to the next request. */
const overdueMs = 30_000;
/** While D1 is away, so many projects and keys are remembered at most. */
const mostEntries = 10_000;

let checks = new Map<string, CheckCount>();
let keyIds = new Set<string>();
/** When a flush was arranged, on the machine's clock; null when none is. */
let arrangedAt: number | null = null;

export function countKeyUse(env: RuntimeEnv, keyId: string): void {
  if (keyIds.size < mostEntries) keyIds.add(keyId);
  arrangeFlush(env);
}

/** To be called for a caller whose key use was counted: that arranged the flush. */
export function countCheck(caller: Caller, isAllowed: boolean): void {
  add({
    projectId: caller.projectId,
    mode: caller.mode,
    allowed: isAllowed ? 1 : 0,
    denied: isAllowed ? 0 : 1,
  });
}

function add(count: CheckCount): void {
  const name = `${count.projectId}/${count.mode}`;
  const known = checks.get(name);
  if (known !== undefined) {
    known.allowed += count.allowed;
    known.denied += count.denied;
  } else if (checks.size < mostEntries) checks.set(name, count);
}

function arrangeFlush(env: RuntimeEnv): void {
  const now = Date.now();
  if (arrangedAt !== null && now - arrangedAt < overdueMs) return;
  arrangedAt = now;
  waitUntil(scheduler.wait(env.DEV === undefined ? gatherMs : developmentGatherMs).then(() => flush(env)));
}

async function flush(env: RuntimeEnv): Promise<void> {
  const taken = { checks: [...checks.values()], keyIds: [...keyIds] };
  checks = new Map();
  keyIds = new Set();
  arrangedAt = null;
  try {
    await d1(addActivity(env.DB, taken, await currentTime(env.DEV)));
  } catch (error) {
    // Kept for the flush that the next request arranges.
    for (const count of taken.checks) add(count);
    for (const keyId of taken.keyIds) keyIds.add(keyId);
    log("warn", "activity.flush_failed", { count: taken.checks.length, error: errorMessage(error) });
  }
}
