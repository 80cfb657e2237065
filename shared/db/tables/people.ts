import { index, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { roles } from "../../contract/roles.ts";
import { modes } from "../../contract/words.ts";
import { moment } from "./columns.ts";

/** Who may do what, who was asked to join, and who did what. Written by the portal and the operator entrypoint. */

export const members = sqliteTable(
  "members",
  {
    operatorId: text("operator_id").primaryKey(),
    accountId: text("account_id").notNull(),
    role: text("role", { enum: roles }).notNull(),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [index("members_by_account").on(table.accountId)],
);

/** One-time links. The token itself is stored nowhere: the link is shown, and mailed, when it is made. */
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
    createdAt: moment("created_at").notNull(),
    expiresAt: moment("expires_at").notNull(),
    acceptedAt: moment("accepted_at"),
    revokedAt: moment("revoked_at"),
  },
  (table) => [
    uniqueIndex("invitations_by_token").on(table.tokenHash),
    index("invitations_by_account").on(table.accountId, table.createdAt),
  ],
);

/** The one row that says this installation was set up. Its key decides the race of two first owners. */
export const setups = sqliteTable("setups", {
  name: text("name").primaryKey(),
  operatorId: text("operator_id").notNull(),
  finishedAt: moment("finished_at").notNull(),
});

/** Who did what, when, from where. Rows are written with the change itself and never altered. */
export const auditLog = sqliteTable(
  "audit_log",
  {
    auditId: text("audit_id").primaryKey(),
    accountId: text("account_id").notNull(),
    projectId: text("project_id"),
    mode: text("mode", { enum: modes }),
    at: moment("at").notNull(),
    operatorId: text("operator_id").notNull(),
    /** Name and e-mail as they were, so that the log still reads when somebody is gone. */
    operatorName: text("operator_name").notNull(),
    operatorEmail: text("operator_email").notNull(),
    action: text("action").notNull(),
    /** What was acted on: a code, an id, an address. */
    target: text("target").notNull(),
    /** JSON of what changed, without secrets; `null` where there was nothing before or is nothing after. */
    before: text("before"),
    after: text("after"),
    ipAddress: text("ip_address"),
  },
  (table) => [index("audit_log_by_account").on(table.accountId, table.auditId)],
);
