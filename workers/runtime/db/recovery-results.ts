import type { NewEvent } from "../../../shared/db/outbound-events.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";

/** A way back that was offered or opened longer ago is not why the customer paid. */
const countedMs = 30 * dayMs;

const ofSubject = "project_id = ?1 AND mode = ?2 AND subject_ref = ?3";

const markLink = `
  UPDATE recovery_links SET paid_at = ?4 WHERE paid_at IS NULL AND link_id = (
    SELECT link_id FROM recovery_links WHERE ${ofSubject} AND opened_at <= ?4 AND opened_at > ?5
    ORDER BY opened_at DESC, link_id DESC LIMIT 1)`;

// The link that the customer followed counts, not also what the app offered.
const markRequest = `
  UPDATE recovery_requests SET paid_at = ?4 WHERE ${ofSubject} AND paid_at IS NULL AND key_hash = (
    SELECT key_hash FROM recovery_requests
    WHERE ${ofSubject} AND reason IS NOT NULL AND created_at <= ?4 AND created_at > ?5
    ORDER BY created_at DESC, key_hash LIMIT 1)
  AND NOT EXISTS (SELECT 1 FROM recovery_links WHERE ${ofSubject} AND paid_at = ?4)`;

/**
 * Builds the statements that mark the newest way back as paid, for each event by which Stripe's news gave the customer
 * access. None where no event did, which is nearly always. Sending the events again changes nothing: the same moment
 * leads to the same row, and a row is marked once.
 */
export function buildPaidStatements(
  db: D1Database,
  { projectId, mode, subjectRef }: SubjectKey,
  events: readonly NewEvent[],
): D1PreparedStatement[] {
  return events.filter(isGainedByStripe).flatMap(({ occurredAt }) => {
    const parameters = [projectId, mode, subjectRef, occurredAt, occurredAt - countedMs];
    return [markLink, markRequest].map((sql) => db.prepare(sql).bind(...parameters));
  });
}

function isGainedByStripe({ type, body }: NewEvent): boolean {
  if (type !== "access.gained") return false;
  const { data } = JSON.parse(body) as { data: { source: string } };
  return data.source === "stripe";
}
