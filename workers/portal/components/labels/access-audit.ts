import {
  type AccessAuditStatus,
  type AuditPhase,
  type FindingClass,
  type MappingSource,
  mappingSources,
} from "../../../../shared/contract/operations/access-audits.ts";
import type { Tone } from "../parts.tsx";

/** Labels of access audits. */

export const findingLabels: Record<FindingClass, { label: string; tone: Tone; meaning: string }> = {
  paid_but_denied: {
    label: "Paid but denied",
    tone: "bad",
    meaning: "Stripe has it paid, and access is denied.",
  },
  allowed_but_unpaid: {
    label: "Allowed but unpaid",
    tone: "bad",
    meaning: "Access is allowed, and Stripe does not have it paid.",
  },
  not_imported: {
    label: "Not imported",
    tone: "warn",
    meaning: "Sold without Licenzy to a customer whom the mapping names.",
  },
  unmapped: {
    label: "Unmapped",
    tone: "warn",
    meaning: "Paid in Stripe by a customer whom no mapping names.",
  },
  unknown_price: { label: "Unknown price", tone: "warn", meaning: "A price that belongs to no product." },
  by_operator: {
    label: "By an operator",
    tone: "",
    meaning: "A grant, revocation or lifted hold explains the difference.",
  },
  erased: { label: "Erased", tone: "", meaning: "The customer was erased. No action is needed." },
};

export const auditStatusLabels: Record<AccessAuditStatus, { label: string; tone: Tone }> = {
  running: { label: "Checking", tone: "warn" },
  stopped: { label: "Stopped", tone: "" },
  finished: { label: "Finished", tone: "good" },
  importing: { label: "Importing", tone: "warn" },
  held: { label: "Import on hold", tone: "warn" },
};

export const auditPhaseLabels: Record<AuditPhase, string> = {
  subscriptions: "Subscriptions in Stripe",
  sessions: "Paid checkouts in Stripe",
  charges: "Reversed charges and direct payments in Stripe",
  subjects: "Customers with access",
};

const mappingLabels: Record<MappingSource, string> = {
  none: "Licenzy's metadata only",
  metadata: "A metadata key of the subscription or customer",
  client_reference_id: "The client_reference_id of Checkout sessions",
  csv: "An uploaded CSV file",
};

export const mappingOptions = mappingSources.map((value) => ({ value, label: mappingLabels[value] }));
