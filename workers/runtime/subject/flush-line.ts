import type { SubjectCopy } from "../../../shared/db/flush-subject.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { isLogged, log } from "../../../shared/kit/log.ts";
import { type Metered, measure } from "../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";

/** What one flush brought to D1. */
export interface FlushDone {
  copy: SubjectCopy;
  fromSequence: number;
  /** How long its oldest entry had waited when the flush began. */
  waitedMs: number;
  events: number;
  deliveries: number;
  /** On the machine's clock. */
  startedAt: number;
}

/** Tells of an alarm that brought something to D1: from here an entry of the ledger is in the copy, its events due. */
export function tellFlush(
  env: Metered,
  { copy, fromSequence, waitedMs, events, deliveries, startedAt }: FlushDone,
): void {
  const durationMs = Date.now() - startedAt;
  const lagMs = waitedMs + durationMs;
  measure(env, copy.identity, { name: "flush", lagMs, durationMs, events, deliveries });
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
