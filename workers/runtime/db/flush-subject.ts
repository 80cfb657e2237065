import { alertFlags } from "../../../shared/contract/enums.ts";
import { usageEventTypes } from "../../../shared/contract/outbound-event.ts";
import {
  buildEventStatements,
  type DeliveryMessage,
  type NewEvent,
} from "../../../shared/db/outbound-events.ts";
import type { CustomerSummary } from "../../../shared/domain/customer-summary.ts";
import type { Entitlement } from "../../../shared/domain/entitlement.ts";
import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { buildAuditRowsInsert } from "./audit.ts";
import { isAwaitingPaymentSql, toSummaryColumns } from "./customer-summary.ts";
import { buildPaidStatements } from "./recovery-results.ts";

/** Units that a subject spent: in total, and what the total was after each hour. */
export interface SpentUnits {
  total: number;
  /** The hours that D1 may not have counted, oldest first, with the totals before and after each. */
  hours: { hour: number; from: number; to: number }[];
}

/** The data that one flush of a subject object writes to D1. */
export interface SubjectCopy {
  identity: SubjectIdentity;
  /** The anchor: sequence and hash of the last ledger entry. */
  head: { sequence: number; hash: string };
  nextExpiryAt: number | null;
  nextReviewAt: number | null;
  flushedAt: number;
  /** The size of the object's storage. */
  storageBytes: number;
  /** What the list of customers shows, at `flushedAt`. */
  summary: CustomerSummary;
  /** Each with the sequence of the entry that last changed it. */
  entitlements: { version: number; entitlement: Entitlement }[];
  spent: SpentUnits;
  /**
   * The outbound events of the subject's changes. Usage events follow separately if an endpoint subscribes to
   * them.
   */
  events: NewEvent[];
  /** Audit rows of operator actions, each as JSON. */
  audits: string[];
  /** The sequence up to which D1 is complete after this write. */
  flushedTo: number;
}

export interface FlushResult {
  /** Messages for the new deliveries, which are due now. */
  messages: DeliveryMessage[];
  /** The usage events that an enabled endpoint subscribes to. */
  usageTypes: string[];
}

// Raw SQL: one statement upserts any number of rows from one JSON parameter, whereas D1 binds at most 100.
// `version` keeps a late flush from replacing a newer row.
const upsertEntitlements = `
  INSERT INTO entitlements (entitlement_id, project_id, mode, subject_ref, kind, product_code, source, status,
    units_granted, units_remaining, starts_at, expires_at, current_period_end, canceled_at, created_at, updated_at, version,
    alert_flags)
  SELECT value ->> 'entitlementId', ?1, ?2, ?3, value ->> 'kind', value ->> 'productCode', value ->> 'source',
    value ->> 'status', value ->> 'unitsGranted', value ->> 'unitsRemaining', value ->> 'startsAt',
    value ->> 'expiresAt', value ->> 'currentPeriodEnd', value ->> 'canceledAt', value ->> 'createdAt',
    value ->> 'updatedAt', value ->> 'version', value ->> 'alertFlags'
  FROM json_each(?4) WHERE true
  ON CONFLICT (entitlement_id) DO UPDATE SET
    status = excluded.status, units_granted = excluded.units_granted, units_remaining = excluded.units_remaining,
    starts_at = excluded.starts_at, expires_at = excluded.expires_at, current_period_end = excluded.current_period_end,
    canceled_at = excluded.canceled_at, updated_at = excluded.updated_at, version = excluded.version,
    alert_flags = excluded.alert_flags
  WHERE excluded.version > entitlements.version`;

const updateAnchor = `
  UPDATE subjects SET head_sequence = ?4, head_hash = ?5, next_expiry_at = ?6, next_review_at = ?7,
    flushed_at = ?8, storage_bytes = ?9, flush_error = NULL, access = ?10, attention = ?11, access_schedule = ?12,
    access_changes_at = ?13, units_left = ?14, paid = ?15, paid_amount = ?16, ends_at = ?17, renews = ?18, units_spent = max(units_spent, ?19)
  WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND head_sequence <= ?4`;

// Before the anchor moves. `units_spent` is what is counted: the part of each hour above it is added, so a flush that
// is repeated adds nothing, and one after a lost flush adds both.
const countSpentUnits = `
  INSERT INTO hourly_counts (project_id, mode, metric, hour, detail, value)
  SELECT ?1, ?2, 'credits', value ->> 'hour', '',
    max(value ->> 'to', units_spent) - max(value ->> 'from', units_spent)
  FROM json_each(?4) CROSS JOIN subjects
  WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND value ->> 'to' > units_spent
  ON CONFLICT DO UPDATE SET value = hourly_counts.value + excluded.value`;

const selectUsageTypes = `
  SELECT DISTINCT type.value FROM endpoints, json_each(endpoints.event_types) AS type
  WHERE project_id = ?1 AND mode = ?2 AND is_enabled = 1 AND deleted_at IS NULL
    AND type.value IN (SELECT value FROM json_each(?3))`;

const whereSubject = "WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3";

/**
 * Writes the D1 copy of a subject in one transaction. `newer` only moves it forward. `replace` clears
 * the D1 copy first, for a repair.
 */
export async function flushSubject(
  db: D1Database,
  copy: SubjectCopy,
  how: "newer" | "replace",
): Promise<FlushResult> {
  const { projectId, mode, subjectRef } = copy.identity;
  const subject = [projectId, mode, subjectRef] as const;
  const rows = copy.entitlements.map(toCopyRow);
  const summary = toSummaryColumns(copy.summary, copy.flushedAt);
  const statements = [
    // Writes nothing where the subject is registered, as it nearly always is. Its row is missing when a sweep removed it
    // between its registration and its first change.
    buildRegistration(db, copy.identity, copy.flushedAt),
    db.prepare(upsertEntitlements).bind(...subject, JSON.stringify(rows)),
    db
      .prepare(updateAnchor)
      .bind(
        ...subject,
        copy.head.sequence,
        copy.head.hash,
        copy.nextExpiryAt,
        copy.nextReviewAt,
        copy.flushedAt,
        copy.storageBytes,
        summary.access,
        summary.attention,
        summary.accessSchedule,
        summary.accessChangesAt,
        summary.unitsLeft,
        summary.paid,
        summary.paidAmount,
        summary.endsAt,
        summary.renews,
        copy.spent.hours.at(-1)?.to ?? 0,
      ),
  ];
  if (copy.spent.hours.length > 0)
    statements.splice(1, 0, db.prepare(countSpentUnits).bind(...subject, JSON.stringify(copy.spent.hours)));
  if (how === "replace") {
    statements.unshift(
      db.prepare(`DELETE FROM entitlements ${whereSubject}`).bind(...subject),
      db
        .prepare(
          `UPDATE subjects SET head_sequence = 0, head_hash = '', awaits_payment = ${isAwaitingPaymentSql} ${whereSubject}`,
        )
        .bind(...subject),
    );
  }
  const results = await db.batch<DeliveryMessage & { value: string }>([
    ...statements,
    ...buildPaidStatements(db, copy.identity, copy.events),
    ...(copy.audits.length === 0 ? [] : [buildAuditRowsInsert(db, copy.audits)]),
    ...(copy.events.length === 0 ? [] : buildEventStatements(db, copy.identity, copy.events, copy.flushedAt)),
    db.prepare(selectUsageTypes).bind(projectId, mode, JSON.stringify(usageEventTypes)),
  ]);
  const wakeUps = copy.events.length === 0 ? [] : (results.at(-2)?.results ?? []);
  return { messages: wakeUps, usageTypes: (results.at(-1)?.results ?? []).map(({ value }) => value) };
}

/** Drops fields without a column: a checkout's metadata alone could make the parameter too large for D1. */
function toCopyRow({ version, entitlement }: SubjectCopy["entitlements"][number]) {
  const { purchase: _purchase, holds: _holds, flags, ...columns } = entitlement;
  const reported = alertFlags.filter((flag) => flags.includes(flag));
  return { ...columns, version, alertFlags: reported.length === 0 ? null : reported };
}

/** Records why the subject's flushes fail, until one succeeds. */
export async function recordFlushError(
  db: D1Database,
  { projectId, mode, subjectRef }: SubjectIdentity,
  error: string,
): Promise<void> {
  await db
    .prepare(`UPDATE subjects SET flush_error = ?4 ${whereSubject} AND flush_error IS NOT ?4`)
    .bind(projectId, mode, subjectRef, error)
    .run();
}

/**
 * Registers the subject in D1 before its first change, so that every object can be found, verified and
 * rebuilt. Also adds the tag to a row that was written before tags existed.
 */
export async function registerSubject(db: D1Database, identity: SubjectIdentity, now: number): Promise<void> {
  await buildRegistration(db, identity, now).run();
}

function buildRegistration(db: D1Database, identity: SubjectIdentity, now: number): D1PreparedStatement {
  const { projectId, mode, subjectRef, region } = identity;
  return db
    .prepare(
      `INSERT INTO subjects (project_id, mode, subject_ref, region, subject_tag, head_sequence, head_hash, created_at)
       VALUES (?1, ?2, ?3, ?4, ?5, 0, '', ?6)
       ON CONFLICT DO UPDATE SET subject_tag = excluded.subject_tag WHERE subjects.subject_tag IS NULL`,
    )
    .bind(projectId, mode, subjectRef, region, subjectTag(subjectName(identity)), now);
}
