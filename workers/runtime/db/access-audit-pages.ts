import {
  type AuditClass,
  type AuditCounts,
  type AuditPhase,
  auditPhases,
  maxFindings,
} from "../../../shared/contract/operations/access-audits.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { AuditFindingRow } from "../../../shared/db/access-audits.ts";
import { hashSubjectName } from "../../../shared/db/erasures.ts";
import type { AuditAtWork } from "./access-audit-leases.ts";
import { isErasedSql } from "./erasures.ts";

/** The pages of access audits: workers read the next one and save what they found. */

/** The next subjects with access that the audit has not compared, in order of `subject_ref`. */
export async function listUnseenSubjects(
  db: D1Database,
  { projectId, mode }: Scope,
  { auditId, after }: { auditId: string; after: string },
  limit: number,
): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT subject_ref AS subjectRef FROM subjects INDEXED BY subjects_by_access_and_name
       WHERE project_id = ?1 AND mode = ?2 AND access = 'allowed' AND subject_ref > ?3
         AND NOT EXISTS (SELECT 1 FROM access_audit_seen
           WHERE audit_id = ?4 AND seen_id = 'subject/' || subject_ref)
       ORDER BY subject_ref LIMIT ?5`,
    )
    .bind(projectId, mode, after, auditId, limit)
    .all<{ subjectRef: string }>();
  return results.map(({ subjectRef }) => subjectRef);
}

/** What was compared: a known customer, or an object of Stripe without one. */
export interface Seen {
  /** `subject/<subject_ref>` or `object/<Stripe's id>`. */
  seenId: string;
  class: AuditClass;
}

export type NewFinding = Omit<AuditFindingRow, "auditId" | "importState" | "importMessage" | "foundAt">;

/** The results of a page, or of its first objects when the turn ended on it. */
export interface AuditProgress {
  seen: Seen[];
  findings: NewFinding[];
  compared: number;
  unread: number;
  /** The last object that is done. */
  cursor: string;
  isPhaseOver: boolean;
}

const isCurrent = `EXISTS (SELECT 1 FROM access_audits WHERE audit_id = ?1 AND page = ?2 AND status = 'running')`;

/** A row that names a customer who was erased since is left out. */
const namesErased = (row: string) => `(${row} ->> 'subjectRef' IS NOT NULL AND
  ${isErasedSql(`${row} ->> 'hash'`, "?4", "?5", `${row} ->> 'subjectRef'`)})`;

// A customer who agreed on one page can differ on a later one. The first difference stays.
const insertSeen = `
  INSERT INTO access_audit_seen (audit_id, seen_id, class)
  SELECT ?1, new.value ->> 'seenId', new.value ->> 'class' FROM json_each(?3) AS new
  WHERE ${isCurrent} AND NOT ${namesErased("new.value")}
  ON CONFLICT DO UPDATE SET class = excluded.class
    WHERE access_audit_seen.class = 'agrees' AND excluded.class <> 'agrees'`;

const insertFindings = `
  INSERT INTO access_audit_findings
    (audit_id, finding_id, class, subject_ref, stripe_id, customer_id, diagnosis, action, target, found_at)
  SELECT ?1, new.value ->> 'findingId', new.value ->> 'class', new.value ->> 'subjectRef', new.value ->> 'stripeId',
    new.value ->> 'customerId', new.value ->> 'diagnosis', new.value ->> 'action', new.value ->> 'target', ?6
  FROM json_each(?3) AS new
  WHERE ${isCurrent} AND NOT ${namesErased("new.value")}
  ORDER BY key
  LIMIT max(0, ${maxFindings} - (SELECT count(*) FROM access_audit_findings WHERE audit_id = ?1))
  ON CONFLICT DO NOTHING`;

// The cursor of the last phase is a subject. An erased one has no row, so the subject before it takes its place.
const advance = (column: string) => `
  UPDATE access_audits SET page = page + 1, counts = ?3, phase = ?6, updated_at = ?9, failures = 0, last_error = NULL,
    cursor = CASE WHEN ?6 <> 'subjects' OR ?7 = '' THEN ?7 ELSE coalesce((SELECT max(subject_ref) FROM subjects
      WHERE project_id = ?4 AND mode = ?5 AND subject_ref <= ?7), '') END,
    ${column} = ${column} + ?8, unread = unread + ?10, status = ?11,
    finished_at = CASE ?11 WHEN 'finished' THEN ?9 END
  WHERE audit_id = ?1 AND page = ?2 AND status = 'running'`;

const phaseColumns: Record<AuditPhase, string> = {
  subscriptions: "subscriptions",
  sessions: "sessions",
  charges: "charges",
  subjects: "subjects",
};

/**
 * Saves a page and moves the audit forward, in one transaction. A page counts once, even if two workers run the audit or
 * an operator stops it at the same time. Findings above `maxFindings` are only counted.
 */
export async function saveAuditProgress(
  db: D1Database,
  audit: AuditAtWork,
  progress: AuditProgress,
  now: number,
): Promise<void> {
  const { auditId, page, projectId, mode, phase } = audit;
  const { compared, unread, cursor, isPhaseOver } = progress;
  const seen = keepWorst(progress.seen);
  const known = await readSeen(
    db,
    auditId,
    seen.map(({ seenId }) => seenId),
  );
  const counts = addCounts(audit.counts, seen, known);
  const next = isPhaseOver ? auditPhases[auditPhases.indexOf(phase) + 1] : phase;
  const place = isPhaseOver ? "" : cursor;
  const status = next === undefined ? "finished" : "running";
  const hashOf = (subjectRef: string | null) =>
    subjectRef === null ? null : hashSubjectName({ projectId, mode, subjectRef });
  const seenRows = seen.map((each) => {
    const subjectRef = each.seenId.startsWith("subject/") ? each.seenId.slice("subject/".length) : null;
    return { ...each, subjectRef, hash: hashOf(subjectRef) };
  });
  const findingRows = progress.findings.map((each) => ({ ...each, hash: hashOf(each.subjectRef) }));
  await db.batch([
    db.prepare(insertSeen).bind(auditId, page, JSON.stringify(seenRows), projectId, mode),
    db.prepare(insertFindings).bind(auditId, page, JSON.stringify(findingRows), projectId, mode, now),
    db
      .prepare(advance(phaseColumns[phase]))
      .bind(
        auditId,
        page,
        JSON.stringify(counts),
        projectId,
        mode,
        next ?? phase,
        place,
        compared,
        now,
        unread,
        status,
      ),
  ]);
}

/** Of several results of one customer on a page, a difference wins over an agreement. */
function keepWorst(seen: Seen[]): Seen[] {
  const worst = new Map<string, Seen>();
  for (const each of seen) {
    const known = worst.get(each.seenId);
    if (known === undefined || known.class === "agrees") worst.set(each.seenId, each);
  }
  return [...worst.values()];
}

/** Returns the classes of those that the audit has noted. */
export async function readSeen(
  db: D1Database,
  auditId: string,
  seenIds: string[],
): Promise<Map<string, AuditClass>> {
  const { results } = await db
    .prepare(
      `SELECT seen_id AS seenId, class FROM access_audit_seen
       WHERE audit_id = ?1 AND seen_id IN (SELECT value FROM json_each(?2))`,
    )
    .bind(auditId, JSON.stringify(seenIds))
    .all<Seen>();
  return new Map(results.map(({ seenId, class: found }) => [seenId, found]));
}

/** Counts each customer and object once, by its worst class. */
function addCounts(counts: AuditCounts, seen: Seen[], known: ReadonlyMap<string, AuditClass>): AuditCounts {
  const sum = { ...counts };
  for (const { seenId, class: found } of seen) {
    const before = known.get(seenId);
    if (before !== undefined && (before !== "agrees" || found === "agrees")) continue;
    if (before !== undefined) sum[before]--;
    sum[found]++;
  }
  return sum;
}

const rowsPerDeletion = 5_000;

/** Deletes a part of what a complete audit has noted. Returns whether there may be more. */
export async function deleteSeen(db: D1Database, auditId: string): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `DELETE FROM access_audit_seen WHERE audit_id = ?1 AND seen_id IN
         (SELECT seen_id FROM access_audit_seen WHERE audit_id = ?1 LIMIT ${rowsPerDeletion})`,
    )
    .bind(auditId)
    .run();
  return meta.changes === rowsPerDeletion;
}
