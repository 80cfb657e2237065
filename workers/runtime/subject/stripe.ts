import { decideStripe, type StripeContext, type SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { type Decision, decideAccess } from "../../../shared/domain/decision.ts";
import {
  applyEntry,
  type Cause,
  changesOf,
  type EntitlementChange,
  type EntryDraft,
  type SubjectState,
} from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { DecisionMoment } from "../../../shared/kit/decision-id.ts";
import { entitlementIdsOf } from "./entitlement-id.ts";

/** Facts of one event or read, in the order in which they are to be merged. */
export interface StripeCommand {
  facts: SubjectFact[];
  /** Of the project. */
  graceDays: number;
  cause: Cause;
  /** When the latest erasure of the subject was asked that was known when it was read whose the facts are, if any. */
  knownErasureAt?: number | null;
}

/** What facts would change, without changing it. */
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

/** The real decisions, run one after another on a copy of the state. */
export function previewStripe(
  present: SubjectState,
  before: StripePreview["before"],
  identity: SubjectIdentity,
  { facts, graceDays, cause }: StripeCommand,
): StripePreview {
  const context = stripeContext(identity, graceDays);
  let state = present;
  const changes: StripePreview["changes"] = [];
  for (const fact of facts) {
    const decision = decideStripe(state, fact, cause, context, before.at);
    if (decision.outcome !== "change") continue;
    const { operation, reason } = decision.draft;
    const touched = changesOf(state, decision.draft.touched);
    state = applyEntry(state, decision.draft);
    // That a subscription was read and is as it was is no difference.
    if (operation !== "subscription" || touched.length > 0)
      changes.push({ operation, reason, touched, fact });
  }
  return { before, after: decideAccess(state.entitlements.values(), before.at), changes };
}

export function stripeContext(identity: SubjectIdentity, graceDays: number): StripeContext {
  return { graceDays, entitlementIdOf: entitlementIdsOf(identity) };
}
