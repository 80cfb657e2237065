import { type AccessComparison, compareAccess } from "../../../shared/domain/access-audit.ts";
import {
  decideStripe,
  type StripeDecisionContext,
  type SubjectFact,
} from "../../../shared/domain/decide-stripe.ts";
import { type Decision, decideAccess } from "../../../shared/domain/decision.ts";
import {
  applyEntry,
  type Cause,
  type EntitlementChange,
  type EntryDraft,
  type SubjectState,
  toEntitlementChanges,
} from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { DecisionMoment } from "../../../shared/kit/decision-id.ts";
import { buildEntitlementIds } from "./entitlement-ids.ts";
import { findSubscriptionsAround, type SubscriptionsAround } from "./views/explain.ts";

/** Facts from one event or one read of Stripe, in merge order. */
export interface StripeCommand {
  facts: SubjectFact[];
  /** The project's grace period. */
  graceDays: number;
  cause: Cause;
  /** `asked_at` of the newest erasure known when the owner was resolved, or null. */
  erasureFence?: number | null;
}

/** The changes that facts would make. */
export interface StripePreview {
  before: DecisionMoment & { decision: Decision };
  after: Decision;
  changes: {
    operation: EntryDraft["operation"];
    reason: string;
    touched: EntitlementChange[];
    subscriptions: SubscriptionsAround;
    fact: SubjectFact;
  }[];
}

/** Makes the real decisions, one after another, on a copy of the state. */
export function previewStripe(
  present: SubjectState,
  before: StripePreview["before"],
  identity: SubjectIdentity,
  command: StripeCommand,
): StripePreview {
  const { state, changes } = decideOnCopy(present, before.at, identity, command);
  return { before, after: decideAccess(state.entitlements.values(), before.at), changes };
}

/** Compares access before and after the real decisions. */
export function auditStripe(
  present: SubjectState,
  at: number,
  identity: SubjectIdentity,
  command: StripeCommand,
): AccessComparison {
  return compareAccess(present, decideOnCopy(present, at, identity, command).state, at);
}

function decideOnCopy(
  present: SubjectState,
  at: number,
  identity: SubjectIdentity,
  { facts, graceDays, cause }: StripeCommand,
): { state: SubjectState; changes: StripePreview["changes"] } {
  const context = toStripeContext(identity, graceDays);
  let state = present;
  const changes: StripePreview["changes"] = [];
  for (const fact of facts) {
    const decision = decideStripe(state, fact, cause, context, at);
    if (decision.outcome !== "change") continue;
    const { operation, reason } = decision.draft;
    const touched = toEntitlementChanges(state, decision.draft.touched);
    const after = applyEntry(state, decision.draft);
    const subscriptions = findSubscriptionsAround(state, after);
    // Reads of what is known, and terms or settings without an effect yet, are recorded but are no difference.
    const isQuiet = quietOperations.includes(operation) || isKnownReversal(state, fact);
    if (!isQuiet || touched.length > 0) changes.push({ operation, reason, touched, subscriptions, fact });
    state = after;
  }
  return { state, changes };
}

const quietOperations: EntryDraft["operation"][] = ["subscription", "allowance", "settings"];

/** Returns whether the refund or dispute is on record as the fact reports it. The time of the report makes no difference. */
function isKnownReversal({ records }: SubjectState, fact: SubjectFact): boolean {
  if (fact.type !== "refund" && fact.type !== "dispute") return false;
  const record = records.get(fact.paymentIntentId);
  if (record?.type !== "payment") return false;
  const report = fact.type === "refund" ? fact.refund : fact.dispute;
  const known = fact.type === "refund" ? record.refunds[report.id] : record.disputes[report.id];
  return known?.status === report.status && known.amount === report.amount;
}

export function toStripeContext(identity: SubjectIdentity, graceDays: number): StripeDecisionContext {
  return { graceDays, deriveEntitlementId: buildEntitlementIds(identity) };
}
