import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { denialReasons, modes, recoveryActions } from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/**
 * The idempotency keys of requests for a recovery or a portal session. A row has no URL: a repeated request makes the
 * URLs again.
 */
export const recoveryRequests = sqliteTable(
  "recovery_requests",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    /** SHA-256 of endpoint and key. */
    keyHash: text("key_hash").notNull(),
    /** SHA-256 of the body. */
    requestHash: text("request_hash").notNull(),
    /** The request that inserted the row. */
    requestId: text("request_id").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    /** Why access was denied, where the request offered a way back. */
    reason: text("reason", { enum: denialReasons }),
    /** When Stripe's news gave the customer access after it. */
    paidAt: timestampMs("paid_at"),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.subjectRef, table.keyHash] }),
    index("recovery_requests_old").on(table.createdAt),
  ],
);

/**
 * Links that operators made for customers. A row has no URL and no signature: `workers/runtime/recovery/link-token.ts`
 * computes them. Triggers (migrations) count offered, opened and paid by reason in `hourly_counts`.
 */
export const recoveryLinks = sqliteTable(
  "recovery_links",
  {
    /** The nonce of the link. Generated with the form, so that a form submitted twice creates one link. */
    linkId: text("link_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    subjectRef: text("subject_ref").notNull(),
    /** Why access was denied when the link was made. The link itself follows the denial of the day. */
    reason: text("reason", { enum: denialReasons }).notNull(),
    /** The secret that signs the link. A newer one revokes it. */
    secretVersion: integer("secret_version").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    expiresAt: timestampMs("expires_at").notNull(),
    operatorId: text("operator_id").notNull(),
    /** The name at the time, so that the timeline stays readable after the operator is removed. */
    operatorName: text("operator_name").notNull(),
    /** When a person first pressed the button of its page. */
    openedAt: timestampMs("opened_at"),
    /** What the newest press led to. */
    openedAction: text("opened_action", { enum: recoveryActions }),
    /** The permission that the Stripe key lacked at the newest press. */
    missingPermission: text("missing_permission"),
    /** When Stripe's news gave the customer access after the link was opened. */
    paidAt: timestampMs("paid_at"),
    /** How many of its checkouts were paid or have expired: the next one is another purchase. */
    checkoutRound: integer("checkout_round").notNull().default(0),
  },
  (table) => [
    index("recovery_links_by_subject").on(table.projectId, table.mode, table.subjectRef, table.createdAt),
  ],
);

/** The secret that signs the links of a project, in both modes. It exists since the first link. */
export const recoveryLinkSecrets = sqliteTable("recovery_link_secrets", {
  projectId: text("project_id").primaryKey(),
  /** Sealed with the runtime's wrapping key (shared/kit/encryption.ts). */
  secretSealed: text("secret_sealed").notNull(),
  version: integer("version").notNull(),
  createdAt: timestampMs("created_at").notNull(),
});
