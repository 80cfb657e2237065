import { z } from "zod";
import { formId, objectId } from "./inputs.ts";
import { done, operation, output } from "./operation.ts";

/**
 * An access audit compares Stripe's paying customers with the ledgers, in both directions: Stripe's subscriptions, paid
 * sessions, reversed charges and direct payments, then the customers with access that Stripe did not name. It changes no
 * access. An import then takes the confirmed findings `not_imported`, customer by customer.
 */

export const auditClasses = [
  /** Stripe and the ledger agree. Counted, never a finding. */
  "agrees",
  "paid_but_denied",
  "allowed_but_unpaid",
  /** The customer is known by the mapping, and pays, but the ledger does not have the purchase. */
  "not_imported",
  /** It is unknown which customer pays. */
  "unmapped",
  /** A price belongs to no product. */
  "unknown_price",
  /** A grant, revocation or lifted hold of an operator explains the difference. */
  "by_operator",
  "erased",
] as const;
export type AuditClass = (typeof auditClasses)[number];
export type FindingClass = Exclude<AuditClass, "agrees">;
export type AuditCounts = Record<AuditClass, number>;

/** The walk of an audit, in this order. */
export const auditPhases = ["subscriptions", "sessions", "charges", "subjects"] as const;
export type AuditPhase = (typeof auditPhases)[number];

/**
 * `running`: the report is being made. `stopped`: an operator stopped it, or it failed too often. `finished`: the report
 * is complete, or the import of its findings. `held`: an import waits for an operator, after the first customers or a stop.
 */
export const accessAuditStatuses = ["running", "stopped", "finished", "importing", "held"] as const;
export type AccessAuditStatus = (typeof accessAuditStatuses)[number];

/** What resolves a finding. */
export const findingActions = [
  "sync",
  "retry_event",
  "import",
  "add_price",
  /** Write the id of a price into the payment's metadata in Stripe. */
  "name_price",
  "map",
  "none",
] as const;

/**
 * The walk of an import beyond the listed findings: it reads Stripe's lists again. `done`: every list was read. Null on an
 * audit that has not come to it.
 */
export const importPhases = ["subscriptions", "sessions", "charges", "done"] as const;
export type ImportPhase = (typeof importPhases)[number];

/** The progress of a finding's import. */
export const importStates = ["waiting", "done", "failed"] as const;

/** Where the project's own name of a Stripe customer is, if Licenzy's metadata does not say it. */
export const mappingSources = ["none", "metadata", "client_reference_id", "csv"] as const;
export type MappingSource = (typeof mappingSources)[number];

/** Findings of one audit that are stored. Further ones are only counted, and an import of all reads them again. */
export const maxFindings = 1_000;
/** The customers after which an import waits for an operator. */
export const firstImports = 20;
/** Of an uploaded mapping: 100,000 lines of 80 bytes fit. */
export const maxMappingBytes = 8 * 1024 * 1024;
export const maxMappingLines = 100_000;

/** `auditId` is chosen with the form: sending it twice starts one. */
export const startAccessAudit = operation({
  name: "access_audit.start",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["access_audit.start"],
  input: z.strictObject({ auditId: formId("job") }),
  output: done<{ auditId: string }>(),
});

/** Stops a report, or an import. What it found or imported stays. */
export const stopAccessAudit = operation({
  name: "access_audit.stop",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["access_audit.stop"],
  input: z.strictObject({ auditId: objectId }),
  output: done(),
});

/** Continues a stopped report at its place. */
export const resumeAccessAudit = operation({
  name: "access_audit.resume",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["access_audit.resume"],
  input: z.strictObject({ auditId: objectId }),
  output: done(),
});

/**
 * Imports all purchases `not_imported` of a finished report, or the listed one `findingId`. Refused with the list if two
 * customers are named for one Stripe customer.
 */
export const importFindings = operation({
  name: "access_audit.import",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["access_audit.import", "customer.import"],
  input: z.strictObject({ auditId: objectId, findingId: z.string().max(1_020).nullable() }),
  output: done(),
});

/** Continues an import that waits. */
export const continueImport = operation({
  name: "access_audit.continue_import",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["access_audit.continue_import"],
  input: z.strictObject({ auditId: objectId }),
  output: done(),
});

const metadataKeyMessage = "Enter a metadata key of 1 to 40 characters.";
const hourMessage = "Enter an hour from 0 to 23.";

/** `dailyHour` is in UTC; `null` turns the daily audit of live mode off. */
export const saveAuditSettings = operation({
  name: "access_audit.save_settings",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["access_audit.save_settings"],
  input: z
    .strictObject({
      source: z.enum(mappingSources),
      metadataKey: z.string().trim().max(40, metadataKeyMessage).nullable(),
      dailyHour: z.int(hourMessage).min(0, hourMessage).max(23, hourMessage).nullable(),
    })
    .refine(({ source, metadataKey }) => source !== "metadata" || Boolean(metadataKey), {
      path: ["metadataKey"],
      message: metadataKeyMessage,
    }),
  output: done(),
});

/** Replaces the uploaded mapping: lines of `cus_…,subject_ref`. `problems` are the lines that are refused, the first 20. */
export const uploadMapping = operation({
  name: "access_audit.upload_mapping",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["access_audit.upload_mapping"],
  input: z.strictObject({ csv: z.string().max(maxMappingBytes, "The file is larger than 8 MB.") }),
  output: output<
    { outcome: "done"; customers: number } | { outcome: "problems"; problems: string[]; count: number }
  >(),
});
