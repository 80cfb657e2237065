import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { modes } from "../../contract/enums.ts";
import {
  type AuditCounts,
  accessAuditStatuses,
  auditClasses,
  auditPhases,
  findingActions,
  importPhases,
  importStates,
  mappingSources,
} from "../../contract/operations/access-audits.ts";
import { timestampMs } from "./columns.ts";

/** A purchase to import. */
export interface ImportRow {
  /** `object/<Stripe's id>` */
  findingId: string;
  subjectRef: string;
  stripeId: string;
  /** The product of a payment; `null` for a subscription. */
  productCode: string | null;
}

/** A purchase that the report only counted. */
interface UnlistedImport extends ImportRow {
  customerId: string | null;
  /** Its place in Stripe's list. */
  cursor: string;
}

/** Access audits, their findings, and which subject a Stripe customer is. Written by the runtime. */

export const accessAudits = sqliteTable(
  "access_audits",
  {
    /** Generated with the form, so that a form submitted twice starts one audit. */
    auditId: text("audit_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    status: text("status", { enum: accessAuditStatuses }).notNull(),
    /** Whether the daily run started it. */
    isStanding: integer("is_standing", { mode: "boolean" }).notNull().default(false),
    /** The place: the phase, and the last object of Stripe or subject that is done. Empty at the phase's start. */
    phase: text("phase", { enum: auditPhases }).notNull().default("subscriptions"),
    cursor: text("cursor").notNull().default(""),
    /** Grows with every saved page. A worker that read an earlier page saves nothing. */
    page: integer("page").notNull().default(0),
    /** JSON: numbers of objects and subjects by class. */
    counts: text("counts", { mode: "json" }).$type<AuditCounts>().notNull(),
    /** Objects that were compared, by phase, and those that can't be read. */
    subscriptions: integer("subscriptions").notNull().default(0),
    sessions: integer("sessions").notNull().default(0),
    charges: integer("charges").notNull().default(0),
    subjects: integer("subjects").notNull().default(0),
    unread: integer("unread").notNull().default(0),
    /** Reads from Stripe, and the time that turns took, in milliseconds. */
    stripeCalls: integer("stripe_calls").notNull().default(0),
    workMs: integer("work_ms").notNull().default(0),
    /** Subjects of the scope when the audit began, for the estimate. */
    expected: integer("expected").notNull().default(0),
    /** Turns in a row that Stripe did not answer, and the last error. */
    failures: integer("failures").notNull().default(0),
    lastError: text("last_error"),
    /** Whether an operator continued the import after the first customers. */
    isReleased: integer("is_released", { mode: "boolean" }).notNull().default(false),
    /** The place of an import among the purchases that are not listed, as that of the report. */
    importPhase: text("import_phase", { enum: importPhases }),
    importCursor: text("import_cursor").notNull().default(""),
    importPage: integer("import_page").notNull().default(0),
    /** JSON: the unlisted purchase that a worker imports now. The next worker imports and counts it. */
    importing: text("importing", { mode: "json" }).$type<UnlistedImport>(),
    /** Unlisted purchases that were imported or failed to be. */
    importDone: integer("import_done").notNull().default(0),
    importFailed: integer("import_failed").notNull().default(0),
    /** Until then a worker runs the audit. A later worker may claim it. */
    leaseUntil: timestampMs("lease_until"),
    /** The operator who started the report, or its import. Null for the daily run. */
    accountId: text("account_id"),
    operatorId: text("operator_id"),
    /** Name and email at the time, so that the audit stays readable after the operator is removed. */
    operatorName: text("operator_name"),
    operatorEmail: text("operator_email"),
    ipAddress: text("ip_address"),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
    /** When an operator last started an import of its findings. */
    importStartedAt: timestampMs("import_started_at"),
    /** When the report was complete. */
    finishedAt: timestampMs("finished_at"),
  },
  (table) => [
    index("access_audits_by_project").on(table.projectId, table.mode, table.createdAt),
    // For the overview and the alert rule: the newest complete report.
    index("access_audits_finished")
      .on(table.projectId, table.mode, table.finishedAt)
      .where(sql`finished_at IS NOT NULL`),
    index("access_audits_due").on(table.leaseUntil).where(sql`status IN ('running', 'importing')`),
    // One at work per scope, even if two admins or a cron start one at the same time.
    uniqueIndex("access_audits_at_work")
      .on(table.projectId, table.mode)
      .where(sql`status IN ('running', 'importing')`),
  ],
);

export const accessAuditFindings = sqliteTable(
  "access_audit_findings",
  {
    auditId: text("audit_id").notNull(),
    /** The `subject_ref` of a known customer, else the id of Stripe's object. */
    findingId: text("finding_id").notNull(),
    class: text("class", { enum: auditClasses }).notNull(),
    /** Null for an object without a known customer. */
    subjectRef: text("subject_ref"),
    /** The object at Stripe, and its customer there. Null for a subject that Stripe does not name. */
    stripeId: text("stripe_id"),
    customerId: text("customer_id"),
    /** One sentence that says what differs. */
    diagnosis: text("diagnosis").notNull(),
    action: text("action", { enum: findingActions }).notNull(),
    /** The failed event, the unknown price, or the product of a payment to import. */
    target: text("target"),
    importState: text("import_state", { enum: importStates }),
    importMessage: text("import_message"),
    foundAt: timestampMs("found_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.auditId, table.findingId] }),
    // For the customer's page, erasures and exports.
    index("access_audit_findings_by_subject").on(table.subjectRef).where(sql`subject_ref IS NOT NULL`),
  ],
);

/** What an audit has compared so far. Deleted when its report is complete. */
export const accessAuditSeen = sqliteTable(
  "access_audit_seen",
  {
    auditId: text("audit_id").notNull(),
    /** As in the findings. */
    seenId: text("seen_id").notNull(),
    class: text("class", { enum: auditClasses }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.auditId, table.seenId] })],
);

export const accessAuditSettings = sqliteTable(
  "access_audit_settings",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    source: text("source", { enum: mappingSources }).notNull(),
    metadataKey: text("metadata_key"),
    /** In UTC, from 0 to 23. Null turns the daily audit off. */
    dailyHour: integer("daily_hour"),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.mode] })],
);

/** The uploaded mapping of Stripe customers to subjects. */
export const customerMappings = sqliteTable(
  "customer_mappings",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    customerId: text("customer_id").notNull(),
    subjectRef: text("subject_ref").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.mode, table.customerId] }),
    // For erasures and exports.
    index("customer_mappings_by_subject").on(table.projectId, table.mode, table.subjectRef),
  ],
);
