import { waitUntil } from "cloudflare:workers";
import type { DenialReason } from "../../shared/contract/enums.ts";
import { dataByNumber, nameOfDatabase } from "../../shared/db/databases.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { databaseNumberOf } from "../../shared/kit/ids.ts";
import { errorMessage, log } from "../../shared/kit/log.ts";
import { addCheckCounts, type CheckCount, type Disagreement, recordKeyUse } from "./db/check-counts.ts";
import type { RuntimeEnv } from "./env.ts";
import type { Caller } from "./request-context.ts";

/**
 * Counts checks by their answer, shadow checks by their result, and used keys, in this isolate's memory, and keeps the
 * latest disagreement of each customer. Writes all of it to D1 in the background, 10 seconds after the first one. No
 * request waits for this write or sends a statement for it.
 *
 * The counts are approximate. Counts and disagreements are lost if the isolate ends before the flush. Counts double if
 * D1 commits a write but its response is lost.
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
/** Of customers, so that one statement takes them: D1 allows 2 MB. A further one is counted only. */
const maxDisagreements = 2_000;

let counts = new Map<string, CheckCount>();
let keyIds = new Set<string>();
let disagreements = new Map<string, Disagreement>();
/** Machine time at which the pending flush was scheduled; null if no flush is pending. */
let scheduledAt: number | null = null;

export function countKeyUse(env: RuntimeEnv, keyId: string): void {
  if (keyIds.size < maxEntries) keyIds.add(keyId);
  scheduleFlush(env);
}

/** Counts a check. Call after `countKeyUse`, which schedules the flush. */
export function countCheck({ projectId, mode }: Caller, answer: "allowed" | DenialReason): void {
  add({ projectId, mode, metric: "checks", detail: answer, count: 1 });
}

/** Counts a shadow check, and keeps a disagreement; `null` when app and Licenzy agree. Call after `countKeyUse`. */
export function countShadow({ projectId, mode }: Caller, disagreement: Disagreement | null): void {
  const detail = disagreement === null ? "agreed" : "disagreed";
  add({ projectId, mode, metric: "shadow", detail, count: 1 });
  if (disagreement !== null) keep(disagreement);
}

function add(added: CheckCount): void {
  const name = `${added.projectId}/${added.mode}/${added.metric}/${added.detail}`;
  const known = counts.get(name);
  if (known !== undefined) known.count += added.count;
  else if (counts.size < maxEntries) counts.set(name, added);
}

function keep(disagreement: Disagreement): void {
  const name = subjectName(disagreement);
  const known = disagreements.get(name);
  if (known === undefined ? disagreements.size < maxDisagreements : known.at <= disagreement.at)
    disagreements.set(name, disagreement);
}

function scheduleFlush(env: RuntimeEnv): void {
  const now = Date.now();
  if (scheduledAt !== null && now - scheduledAt < overdueMs) return;
  scheduledAt = now;
  const delayMs = env.DEV === undefined ? flushDelayMs : developmentFlushDelayMs;
  waitUntil(scheduler.wait(delayMs).then(() => flush(env)));
}

async function flush(env: RuntimeEnv): Promise<void> {
  const taken = { counts: [...counts.values()], disagreements: [...disagreements.values()] };
  const keyIdsTaken = keyIds;
  counts = new Map();
  keyIds = new Set();
  disagreements = new Map();
  scheduledAt = null;
  try {
    await recordKeyUse(env.DB, [...keyIdsTaken], await currentTime(env.DEV));
  } catch (error) {
    for (const keyId of keyIdsTaken) keyIds.add(keyId);
    log("warn", "activity.flush_failed", { count: keyIdsTaken.size, error: errorMessage(error) });
  }
  const ofDatabase = ({ projectId }: { projectId: string }) => databaseNumberOf(projectId);
  const byDatabase = Map.groupBy(taken.counts, ofDatabase);
  const disagreementsByDatabase = Map.groupBy(taken.disagreements, ofDatabase);
  for (const database of new Set([...byDatabase.keys(), ...disagreementsByDatabase.keys()]))
    await flushTo(env, database, {
      counts: byDatabase.get(database) ?? [],
      disagreements: disagreementsByDatabase.get(database) ?? [],
    });
}

/** What can't be written is kept for the next flush, which the next request schedules. The other databases go on. */
async function flushTo(
  env: RuntimeEnv,
  database: number,
  taken: { counts: CheckCount[]; disagreements: Disagreement[] },
): Promise<void> {
  try {
    await addCheckCounts(dataByNumber(env, database), taken, await currentTime(env.DEV));
  } catch (error) {
    for (const count of taken.counts) add(count);
    for (const disagreement of taken.disagreements) keep(disagreement);
    log("warn", "activity.flush_failed", {
      what: nameOfDatabase(database),
      count: taken.counts.length,
      error: errorMessage(error),
    });
  }
}
