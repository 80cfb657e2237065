import { waitUntil } from "cloudflare:workers";
import type { DenialReason } from "../../shared/contract/enums.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { errorMessage, log } from "../../shared/kit/log.ts";
import { addCheckCounts, type CheckCount } from "./db/check-counts.ts";
import type { RuntimeEnv } from "./env.ts";
import type { Caller } from "./request-context.ts";

/**
 * Counts checks by their answer, and used keys, in this isolate's memory. Writes all counts to D1 in the
 * background, 10 seconds after the first one. No request waits for this write or sends a statement for it.
 *
 * The counts are approximate. Counts are lost if the isolate ends before the flush. Counts double if D1
 * commits a write but its response is lost.
 */
const flushDelayMs = 10_000;
const developmentFlushDelayMs = 1_000;
/**
 * After this time, the next request schedules a new flush: the context of the last one ended before its
 * timer.
 */
const overdueMs = 30_000;
/** Maximum number of answers by project, and of keys, that are counted while D1 is unavailable. */
const maxEntries = 10_000;

let checks = new Map<string, CheckCount>();
let keyIds = new Set<string>();
/** Machine time at which the pending flush was scheduled; null if no flush is pending. */
let scheduledAt: number | null = null;

export function countKeyUse(env: RuntimeEnv, keyId: string): void {
  if (keyIds.size < maxEntries) keyIds.add(keyId);
  scheduleFlush(env);
}

/** Counts a check. Call after `countKeyUse`, which schedules the flush. */
export function countCheck({ projectId, mode }: Caller, answer: "allowed" | DenialReason): void {
  add({ projectId, mode, answer, checks: 1 });
}

function add(count: CheckCount): void {
  const name = `${count.projectId}/${count.mode}/${count.answer}`;
  const known = checks.get(name);
  if (known !== undefined) known.checks += count.checks;
  else if (checks.size < maxEntries) checks.set(name, count);
}

function scheduleFlush(env: RuntimeEnv): void {
  const now = Date.now();
  if (scheduledAt !== null && now - scheduledAt < overdueMs) return;
  scheduledAt = now;
  const delayMs = env.DEV === undefined ? flushDelayMs : developmentFlushDelayMs;
  waitUntil(scheduler.wait(delayMs).then(() => flush(env)));
}

async function flush(env: RuntimeEnv): Promise<void> {
  const taken = { checks: [...checks.values()], keyIds: [...keyIds] };
  checks = new Map();
  keyIds = new Set();
  scheduledAt = null;
  try {
    await addCheckCounts(env.DB, taken, await currentTime(env.DEV));
  } catch (error) {
    // Keep the counts for the next flush, which the next request schedules.
    for (const count of taken.checks) add(count);
    for (const keyId of taken.keyIds) keyIds.add(keyId);
    log("warn", "activity.flush_failed", { count: taken.checks.length, error: errorMessage(error) });
  }
}
