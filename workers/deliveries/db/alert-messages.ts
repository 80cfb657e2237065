import { type AlertMessageContent, maxAlertMessagesPerHour } from "../../../shared/contract/alerts.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AuditEntry, auditIfChangedRaw } from "../../../shared/db/audit.ts";

/** Writing of messages: statements for the transaction of what they report. */

const hourMs = 3_600_000;
const maxHeldPerDigest = 500;

/** A message over the hourly limit. */
export interface HeldMessage {
  messageId: string;
  channelId: string;
  /** JSON: an `AlertMessageContent`. */
  content: string;
}

export function selectHeldMessages(db: D1Database, { projectId, mode }: Scope): D1PreparedStatement {
  return db
    .prepare(
      `SELECT message_id AS messageId, channel_id AS channelId, content FROM alert_messages
       WHERE project_id = ?1 AND mode = ?2 AND state = 'held' ORDER BY created_at, message_id
       LIMIT ${maxHeldPerDigest}`,
    )
    .bind(projectId, mode);
}

/** Counts the messages of the scope (?1, ?2) that were sent in the hour before ?3. Held ones are not sent. */
const sentInHour = `(SELECT count(*) FROM alert_messages AS recent
  WHERE recent.project_id = ?1 AND recent.mode = ?2 AND recent.created_at > ?3 - ${hourMs}
    AND recent.state NOT IN ('held', 'digested') AND recent.kind <> 'test')`;

const hasHeld = `EXISTS (SELECT 1 FROM alert_messages AS waiting
  WHERE waiting.project_id = ?1 AND waiting.mode = ?2 AND waiting.state = 'held')`;

/**
 * Builds the SQL that writes a message per row of `selection`: `alert_id`, `channel_id`, `kind`, `content`, most
 * important first. Parameters 1 to 3 are project, mode and time. Over the hourly limit, and while others are
 * held, a message is held.
 */
export const insertMessagesSql = (selection: string): string => `
  INSERT INTO alert_messages (message_id, channel_id, project_id, mode, alert_id, kind, content, created_at, state,
    next_attempt_at)
  SELECT alert_id || '_' || kind || '_' || channel_id, channel_id, ?1, ?2, alert_id, kind, content, ?3,
    CASE WHEN fits THEN 'pending' ELSE 'held' END, CASE WHEN fits THEN ?3 END
  FROM (SELECT *, NOT ${hasHeld} AND row_number() OVER () + ${sentInHour} <= ${maxAlertMessagesPerHour} AS fits
    FROM (${selection}))
  WHERE true ON CONFLICT DO NOTHING`;

/**
 * Selects the messages that an alert is over, for the channels that got the message that it began. `which` is a
 * condition on `alerts`.
 */
export const selectResolvedMessages = (which: string): string => `
  SELECT alerts.alert_id AS alert_id, channel_id, 'resolved' AS kind,
    json_set(content, '$.kind', 'resolved', '$.at', ?3) AS content
  FROM alerts JOIN alert_messages ON alert_messages.alert_id = alerts.alert_id AND alert_messages.kind = 'fired'
  WHERE alerts.project_id = ?1 AND alerts.mode = ?2 AND resolved_at IS NULL AND ${which}
  ORDER BY urgency, alerts.alert_id, channel_id`;

// A digest per channel at once, if the limit allows one each. The channel may have been deleted since.
const insertDigests = `
  INSERT INTO alert_messages (message_id, channel_id, project_id, mode, kind, content, created_at, state, next_attempt_at)
  SELECT value ->> 'messageId', channel_id, ?1, ?2, 'digest', value ->> 'content', ?3, 'pending', ?3
  FROM json_each(?4) JOIN alert_channels ON channel_id = value ->> 'channelId'
  WHERE ${sentInHour} + json_array_length(?4) <= ${maxAlertMessagesPerHour}
  ON CONFLICT DO NOTHING`;

const markDigested = `
  UPDATE alert_messages SET state = 'digested', next_attempt_at = NULL
  WHERE project_id = ?1 AND mode = ?2 AND state = 'held'
    AND message_id IN (SELECT held.value FROM json_each(?3) AS digest JOIN json_each(digest.value, '$.held') AS held
      WHERE EXISTS (SELECT 1 FROM alert_messages AS written WHERE written.message_id = digest.value ->> 'messageId'))`;

/** The digest of one channel and the held messages that it replaces. */
export interface Digest {
  messageId: string;
  channelId: string;
  /** JSON: an `AlertMessageContent`. */
  content: string;
  held: string[];
}

/** Builds the statements that write the digests and mark what they replace, or neither. */
export function writeDigests(
  db: D1Database,
  { projectId, mode }: Scope,
  now: number,
  digests: Digest[],
): D1PreparedStatement[] {
  if (digests.length === 0) return [];
  const all = JSON.stringify(digests);
  return [
    db.prepare(insertDigests).bind(projectId, mode, now, all),
    db.prepare(markDigested).bind(projectId, mode, all),
  ];
}

const insertTest = `
  INSERT INTO alert_messages (message_id, channel_id, project_id, mode, kind, content, created_at, state, next_attempt_at)
  SELECT ?4, channel_id, project_id, mode, 'test', ?6, ?3, 'pending', ?3 FROM alert_channels
  WHERE project_id = ?1 AND mode = ?2 AND channel_id = ?5`;

/** Writes a test message with its audit entry. Returns whether the channel exists. */
export async function insertTestMessage(
  db: D1Database,
  { projectId, mode }: Scope,
  message: { messageId: string; channelId: string; content: AlertMessageContent },
  audit: AuditEntry,
): Promise<boolean> {
  const { messageId, channelId, content } = message;
  const [inserted] = await db.batch([
    db.prepare(insertTest).bind(projectId, mode, audit.at, messageId, channelId, JSON.stringify(content)),
    auditIfChangedRaw(db, audit),
  ]);
  return (inserted?.meta.changes ?? 0) > 0;
}
