import { subjectName } from "../../../../shared/domain/subject-name.ts";
import { isLogged, log } from "../../../../shared/kit/log.ts";
import { type MetricsEnv, writeMetric } from "../../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../../shared/kit/subject-tag.ts";
import type { SubjectCopy } from "../../db/flush-subject.ts";

/** The result of one flush to D1. */
export interface FlushSummary {
  copy: SubjectCopy;
  fromSequence: number;
  /** The age of the oldest entry when the flush began. */
  waitedMs: number;
  events: number;
  deliveries: number;
  /** On the machine clock. */
  startedAt: number;
}

/** Logs and measures one flush. From this point its ledger entries are in D1 and their events are due. */
export function logFlush(
  env: MetricsEnv,
  { copy, fromSequence, waitedMs, events, deliveries, startedAt }: FlushSummary,
): void {
  const durationMs = Date.now() - startedAt;
  const lagMs = waitedMs + durationMs;
  writeMetric(env, copy.identity, { name: "flush", lagMs, durationMs, events, deliveries });
  if (!isLogged("info")) return;
  log("info", "flush", {
    projectId: copy.identity.projectId,
    mode: copy.identity.mode,
    subjectTag: subjectTag(subjectName(copy.identity)),
    fromSequence,
    sequence: copy.flushedTo,
    counts: { entitlements: copy.entitlements.length, events, deliveries },
    lagMs,
    durationMs,
  });
}
