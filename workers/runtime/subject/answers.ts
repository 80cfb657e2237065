import type { ConsumeCommand } from "../../../shared/domain/consume.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { Entitlement } from "../../../shared/domain/entitlement.ts";
import type { IdempotencyRecord } from "../../../shared/domain/ledger.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { DecisionMoment } from "../../../shared/kit/decision-id.ts";

/** A decision with the place in the ledger and the moment it holds for: with both it can be computed again. */
export type DecisionAt = DecisionMoment & { decision: Decision };

export interface SubjectReading extends DecisionAt {
  /** All entitlements, as the ledger has them. */
  entitlements: Entitlement[];
  usageRemaining: number;
}

/** `consume` with its arguments as one value. */
export interface ConsumeCall {
  identity: SubjectIdentity;
  command: ConsumeCommand;
}

export type ConsumeResult = DecisionMoment &
  (
    | { outcome: "consumed"; reply: IdempotencyRecord["reply"]; replayed: boolean }
    | { outcome: "insufficient_usage"; usageRemaining: number }
    | { outcome: "idempotency_conflict" }
  );

export type StripeResult =
  /** `changes` is 0 when all of it was known already. */
  | { outcome: "merged"; changes: number; sequence: number }
  | { outcome: "read_again"; subscriptionId: string }
  /** The subject was erased, and this is of before. */
  | { outcome: "erased" };
