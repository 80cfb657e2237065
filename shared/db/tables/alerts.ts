import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import {
  alertActions,
  alertChannelKinds,
  alertMessageKinds,
  alertMessageStates,
  alertRuleNames,
} from "../../contract/alerts.ts";
import { deliveryAttemptErrors, modes } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/** Alerts to operators, their rules, channels and messages. Written by the deliveries worker. */

export const alerts = sqliteTable(
  "alerts",
  {
    alertId: text("alert_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    rule: text("rule", { enum: alertRuleNames }).notNull(),
    /** What the alert is about: an endpoint, a key, an event type, an entitlement. The rule defines it. */
    objectId: text("object_id").notNull(),
    /** The customer, of rules about customers. */
    subjectRef: text("subject_ref"),
    /** The cause in one sentence, as of the last change. */
    cause: text("cause").notNull(),
    /** How many rows have the cause, counted to 1,000. */
    count: integer("count").notNull(),
    /** Copied from the rule when the alert opens, for the order of the inbox. */
    urgency: integer("urgency").notNull(),
    /** When the newest incident happened; null for a state. */
    happenedAt: timestampMs("happened_at"),
    openedAt: timestampMs("opened_at").notNull(),
    /** Written when cause or count change, otherwise every 10 minutes at most. */
    lastSeenAt: timestampMs("last_seen_at").notNull(),
    /** When the cause ended, or an operator marked the alert done. Null while it is open. */
    resolvedAt: timestampMs("resolved_at"),
    /** Set when an operator marked it done. Incidents up to `happened_at` open nothing again. */
    doneAt: timestampMs("done_at"),
    snoozedUntil: timestampMs("snoozed_until"),
    assignedTo: text("assigned_to"),
    assignedName: text("assigned_name"),
    /** Raised by every action of an operator. A form that was made from an earlier version is refused. */
    version: integer("version").notNull().default(0),
    lastAction: text("last_action", { enum: alertActions }),
    lastActorName: text("last_actor_name"),
  },
  (table) => [
    // One open alert per rule and object, even if two sweeps open one at the same time.
    uniqueIndex("alerts_open")
      .on(table.projectId, table.mode, table.rule, table.objectId)
      .where(sql`resolved_at IS NULL`),
    index("alerts_done")
      .on(table.projectId, table.mode, table.rule, table.objectId)
      .where(sql`done_at IS NOT NULL`),
    index("alerts_closed")
      .on(table.projectId, table.mode, table.resolvedAt)
      .where(sql`resolved_at IS NOT NULL`),
    index("alerts_old").on(table.resolvedAt).where(sql`resolved_at IS NOT NULL`),
    index("alerts_by_subject")
      .on(table.projectId, table.mode, table.subjectRef)
      .where(sql`subject_ref IS NOT NULL`),
  ],
);

/** The rules that differ from their defaults. */
export const alertRuleSettings = sqliteTable(
  "alert_rules",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    rule: text("rule", { enum: alertRuleNames }).notNull(),
    isEnabled: integer("is_enabled", { mode: "boolean" }).notNull(),
    threshold: integer("threshold"),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.mode, table.rule] })],
);

export const alertChannels = sqliteTable(
  "alert_channels",
  {
    /** Generated with the form, so that a form submitted twice creates one channel. */
    channelId: text("channel_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    kind: text("kind", { enum: alertChannelKinds }).notNull(),
    /** The email address or URL, sealed with the deliveries worker's key: a Slack URL is a secret itself. */
    addressSealed: text("address_sealed").notNull(),
    /** The part of the address that the portal shows. */
    addressHint: text("address_hint").notNull(),
    /** The signing secret of a `webhook`, sealed; null for the other kinds. */
    secretSealed: text("secret_sealed"),
    createdAt: timestampMs("created_at").notNull(),
  },
  (table) => [index("alert_channels_by_project").on(table.projectId, table.mode)],
);

/** One message to one channel. Written in the transaction of what it reports. */
export const alertMessages = sqliteTable(
  "alert_messages",
  {
    /** Derived from alert, kind and channel: one message each, whichever sweep writes it. */
    messageId: text("message_id").primaryKey(),
    channelId: text("channel_id").notNull(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** `null` for a digest and a test. */
    alertId: text("alert_id"),
    kind: text("kind", { enum: alertMessageKinds }).notNull(),
    /** JSON: an `AlertMessageContent`. */
    content: text("content").notNull(),
    state: text("state", { enum: alertMessageStates }).notNull(),
    attempts: integer("attempts").notNull().default(0),
    /** When the next attempt is due. During an attempt, when it is due if this one never ends. */
    nextAttemptAt: timestampMs("next_attempt_at"),
    /** Identifies the claim of the attempt in progress. */
    leaseId: text("lease_id"),
    lastStatus: integer("last_status"),
    lastError: text("last_error", { enum: deliveryAttemptErrors }),
    /** The beginning of the response, or the error message. */
    lastExcerpt: text("last_excerpt"),
    createdAt: timestampMs("created_at").notNull(),
    sentAt: timestampMs("sent_at"),
  },
  (table) => [
    index("alert_messages_due").on(table.nextAttemptAt).where(sql`next_attempt_at IS NOT NULL`),
    index("alert_messages_held").on(table.projectId, table.mode).where(sql`state = 'held'`),
    index("alert_messages_old").on(table.createdAt),
    index("alert_messages_by_project").on(table.projectId, table.mode, table.createdAt),
    index("alert_messages_by_channel").on(table.channelId, table.createdAt),
    index("alert_messages_by_alert").on(table.alertId).where(sql`alert_id IS NOT NULL`),
  ],
);

/** When the rules of a project and mode were last evaluated. The least recently evaluated one is next. */
export const alertEvaluations = sqliteTable(
  "alert_evaluations",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** Also identifies the evaluation: what an overtaken one found is not stored. */
    evaluatedAt: timestampMs("evaluated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.mode] })],
);
