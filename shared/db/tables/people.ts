import { index, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import { roles } from "../../contract/roles.ts";
import { timestampMs } from "./columns.ts";

/** Members, invitations, setup and the audit log. Written by the portal and the operator entrypoints. */

export const members = sqliteTable(
  "members",
  {
    operatorId: text("operator_id").primaryKey(),
    accountId: text("account_id").notNull(),
    role: text("role", { enum: roles }).notNull(),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [index("members_by_account").on(table.accountId)],
);

/**
 * One-time invitation links. The token itself is not stored: the link is shown and mailed when it is created.
 */
export const invitations = sqliteTable(
  "invitations",
  {
    invitationId: text("invitation_id").primaryKey(),
    accountId: text("account_id").notNull(),
    email: text("email").notNull(),
    role: text("role", { enum: roles }).notNull(),
    /** SHA-256 of the token, in hex. */
    tokenHash: text("token_hash").notNull(),
    invitedBy: text("invited_by").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    expiresAt: timestampMs("expires_at").notNull(),
    acceptedAt: timestampMs("accepted_at"),
    revokedAt: timestampMs("revoked_at"),
  },
  (table) => [
    uniqueIndex("invitations_by_token").on(table.tokenHash),
    index("invitations_by_account").on(table.accountId, table.createdAt),
  ],
);

/** Holds one row once the installation is set up. Its primary key decides a race between two first owners. */
export const setups = sqliteTable("setups", {
  name: text("name").primaryKey(),
  operatorId: text("operator_id").notNull(),
  finishedAt: timestampMs("finished_at").notNull(),
});

const auditColumns = () => ({
  auditId: text("audit_id").primaryKey(),
  accountId: text("account_id").notNull(),
  projectId: text("project_id"),
  mode: text("mode", { enum: modes }),
  at: timestampMs("at").notNull(),
  operatorId: text("operator_id").notNull(),
  /** Name and email at the time of the change, so that the log stays readable after the operator is removed. */
  operatorName: text("operator_name").notNull(),
  operatorEmail: text("operator_email").notNull(),
  action: text("action").notNull(),
  /** The target of the action: a code, an id or an email. */
  target: text("target").notNull(),
  /** JSON of the changed values, without secrets; `null` if there was no value before or is none after. */
  before: text("before"),
  after: text("after"),
  ipAddress: text("ip_address"),
});

/**
 * The operator, time, IP address and values of each change. Rows are written with the change. Triggers refuse
 * every UPDATE and DELETE, except that an erasure may empty the values and hide the customer's name.
 */
export const auditLog = sqliteTable("audit_log", auditColumns(), (table) => [
  index("audit_log_by_account").on(table.accountId, table.auditId),
]);

/**
 * Rows of the audit log that were written with a change in a data database other than the control database. They are on
 * their way to `audit_log` (shared/db/audit-outbox.ts). Empty most of the time, and always in the control database.
 */
export const auditOutbox = sqliteTable("audit_outbox", auditColumns());
