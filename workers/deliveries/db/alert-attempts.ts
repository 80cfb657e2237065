import type { AlertChannelKind, AlertMessageKind } from "../../../shared/contract/alerts.ts";
import type { DeliveryAttemptError } from "../../../shared/contract/enums.ts";

/** Attempts of messages: what is due, the claim, and the record. */

// Of a channel at most 5, so that a channel that fails does not keep the others from their turn.
const selectDue = `
  SELECT messageId, projectId FROM
    (SELECT message_id AS messageId, project_id AS projectId, next_attempt_at,
      row_number() OVER (PARTITION BY channel_id ORDER BY next_attempt_at) AS place
     FROM alert_messages WHERE next_attempt_at <= ?1)
  WHERE place <= 5 ORDER BY next_attempt_at LIMIT ?2`;

/** Names a message: the project names its database. */
export interface AlertMessageKey {
  projectId: string;
  messageId: string;
}

/** Returns the messages that are due, longest due first. */
export async function listDueAlertMessages(
  db: D1Database,
  now: number,
  limit: number,
): Promise<AlertMessageKey[]> {
  const { results } = await db.prepare(selectDue).bind(now, limit).all<AlertMessageKey>();
  return results;
}

/** A message claimed for one attempt, with its channel. */
export interface ClaimedAlertMessage {
  messageId: string;
  channelId: string;
  kind: AlertMessageKind;
  /** JSON: an `AlertMessageContent`. */
  content: string;
  /** The number of the attempt to make now. */
  number: number;
  channelKind: AlertChannelKind;
  addressSealed: string;
  secretSealed: string | null;
}

interface MessageLease {
  id: string;
  now: number;
  /** When the message is due again if the attempt never ends, by the number of attempts before it. */
  nextAttemptAts: number[];
}

// A message that crashes its workers ends too.
const endExhausted = `
  UPDATE alert_messages SET state = 'dead', next_attempt_at = NULL, lease_id = NULL, last_status = NULL,
    last_error = 'interrupted', last_excerpt = NULL
  WHERE message_id = ?1 AND next_attempt_at <= ?2 AND attempts >= ?3`;

const claim = `
  UPDATE alert_messages SET attempts = attempts + 1, lease_id = ?3,
    next_attempt_at = json_extract(?4, '$[' || min(attempts, json_array_length(?4) - 1) || ']')
  WHERE message_id = ?1 AND next_attempt_at <= ?2`;

const readClaimed = `
  SELECT message_id AS messageId, channel_id AS channelId, alert_messages.kind, content, attempts AS number,
    alert_channels.kind AS channelKind, address_sealed AS addressSealed, secret_sealed AS secretSealed
  FROM alert_messages JOIN alert_channels USING (channel_id) WHERE message_id = ?1 AND lease_id = ?2`;

/** Claims the message for one attempt. Returns `null` when it is not due, or another worker has claimed it. */
export async function claimAlertMessage(
  db: D1Database,
  messageId: string,
  { id, now, nextAttemptAts }: MessageLease,
  maxAttempts: number,
): Promise<ClaimedAlertMessage | null> {
  const results = await db.batch<ClaimedAlertMessage>([
    db.prepare(endExhausted).bind(messageId, now, maxAttempts),
    db.prepare(claim).bind(messageId, now, id, JSON.stringify(nextAttemptAts)),
    db.prepare(readClaimed).bind(messageId, id),
  ]);
  return results.at(-1)?.results[0] ?? null;
}

export interface AlertAttemptOutcome {
  status: number | null;
  /** `null` when the channel accepted the message, and only then. */
  error: DeliveryAttemptError | null;
  excerpt: string;
  /** When the next attempt is due, if it failed; `null` when it was the last. */
  nextAttemptAt: number | null;
}

/** Records the attempt, unless another worker has claimed the message since. */
export async function recordAlertAttempt(
  db: D1Database,
  messageId: string,
  leaseId: string,
  outcome: AlertAttemptOutcome,
  now: number,
): Promise<void> {
  const { status, error, excerpt, nextAttemptAt } = outcome;
  const state = error === null ? "sent" : nextAttemptAt === null ? "dead" : "pending";
  await db
    .prepare(
      `UPDATE alert_messages SET state = ?3, next_attempt_at = ?4, lease_id = NULL, last_status = ?5, last_error = ?6,
         last_excerpt = ?7, sent_at = CASE ?3 WHEN 'sent' THEN ?8 END
       WHERE message_id = ?1 AND lease_id = ?2`,
    )
    .bind(messageId, leaseId, state, nextAttemptAt, status, error, excerpt || null, now)
    .run();
}

/** Gives the claim back after a fault of the installation: nothing was sent, and nothing is counted. */
export async function releaseAlertMessage(
  db: D1Database,
  messageId: string,
  leaseId: string,
  { fault, nextAttemptAt }: { fault: string; nextAttemptAt: number },
): Promise<void> {
  await db
    .prepare(
      `UPDATE alert_messages SET attempts = attempts - 1, next_attempt_at = ?3, lease_id = NULL, last_excerpt = ?4
       WHERE message_id = ?1 AND lease_id = ?2`,
    )
    .bind(messageId, leaseId, nextAttemptAt, fault)
    .run();
}
