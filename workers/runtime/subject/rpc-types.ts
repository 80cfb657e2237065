import type { ConsumeCommand } from "../../../shared/domain/consume.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { Entitlement } from "../../../shared/domain/entitlement.ts";
import type { UsageReply } from "../../../shared/domain/ledger.ts";
import type { ProductDecisions } from "../../../shared/domain/product-decision.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { DecisionMoment } from "../../../shared/kit/decision-id.ts";
import type { UsageCommand } from "./apply-usage.ts";

/**
 * A decision with its ledger sequence and time. The two are enough to recompute the decision from the ledger.
 */
export type DecisionAt = DecisionMoment & { decision: Decision };

/** A decision over some products, with its ledger sequence and time. */
export type ProductDecisionsAt = DecisionMoment & ProductDecisions;

export interface SubjectSnapshot extends DecisionAt {
  /** All entitlements of the subject, in their stored form. */
  entitlements: Entitlement[];
  /** Units left in all usable packs. */
  usageRemaining: number;
  /** Units that open reservations hold, by entitlement. */
  reservedByEntitlement: Record<string, number>;
}

/** The arguments of `consume` as one value. */
export interface ConsumeCall {
  identity: SubjectIdentity;
  command: ConsumeCommand;
}

/** The arguments of `usage` as one value. */
export interface UsageCall {
  identity: SubjectIdentity;
  command: UsageCommand;
}

export type ConsumeResult = DecisionMoment &
  (
    | { outcome: "consumed"; reply: UsageReply; replayed: boolean }
    | { outcome: "insufficient_usage"; usageRemaining: number }
    | { outcome: "idempotency_conflict" }
  );

export type StripeResult =
  /** `changes` is 0 when the ledger already contains every fact. */
  | { outcome: "merged"; changes: number; sequence: number }
  | { outcome: "read_again"; subscriptionId: string }
  /** The subject was erased after the caller resolved the owner. */
  | { outcome: "erased" };
