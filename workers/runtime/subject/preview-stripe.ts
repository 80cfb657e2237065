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
    fact: SubjectFact;
  }[];
}

/** Makes the real decisions, one after another, on a copy of the state. */
export function previewStripe(
  present: SubjectState,
  before: StripePreview["before"],
  identity: SubjectIdentity,
  { facts, graceDays, cause }: StripeCommand,
): StripePreview {
  const context = toStripeContext(identity, graceDays);
  let state = present;
  const changes: StripePreview["changes"] = [];
  for (const fact of facts) {
    const decision = decideStripe(state, fact, cause, context, before.at);
    if (decision.outcome !== "change") continue;
    const { operation, reason } = decision.draft;
    const touched = toEntitlementChanges(state, decision.draft.touched);
    state = applyEntry(state, decision.draft);
    // A read of an unchanged subscription is recorded, but is not a difference.
    if (operation !== "subscription" || touched.length > 0)
      changes.push({ operation, reason, touched, fact });
  }
  return { before, after: decideAccess(state.entitlements.values(), before.at), changes };
}

export function toStripeContext(identity: SubjectIdentity, graceDays: number): StripeDecisionContext {
  return { graceDays, deriveEntitlementId: buildEntitlementIds(identity) };
}
