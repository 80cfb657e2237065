import { decideStripe } from "../../../shared/domain/decide-stripe.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { changeSubject } from "./ledger/change-subject.ts";
import { type StripeCommand, toStripeContext } from "./preview-stripe.ts";
import type { StripeResult } from "./rpc-types.ts";
import type { SubjectStore } from "./storage/store.ts";

/**
 * Merges facts from Stripe, each as a separate entry. After a crash between two entries, a repeated call finds the
 * first ones merged. Calls `onEntry` in the commit of each entry.
 */
export function applyFacts(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  { facts, graceDays, cause }: StripeCommand,
  now: number,
  onEntry: () => void,
): StripeResult {
  const context = toStripeContext(identity, graceDays);
  let changes = 0;
  for (const fact of facts) {
    const { decision } = changeSubject(storage, store, identity, now, (state, at) =>
      decideStripe(state, fact, cause, context, at),
    );
    if (decision.outcome === "read_again") return decision;
    if (decision.outcome === "unchanged") continue;
    onEntry();
    // Settings of signals are no news of Stripe's.
    if (fact.type !== "signals") changes++;
  }
  return { outcome: "merged", changes, sequence: store.head().sequence };
}
