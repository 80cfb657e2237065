import type { Decision } from "../../../shared/domain/decision.ts";
import type { Moment } from "../../../shared/domain/entitlement.ts";

/**
 * Leases let a replica in another region answer checks exactly (docs/decisions/0038-leases-for-replicas.md). This folder
 * contains the protocol: `home-leases.ts` is the subject's side, `lease-cache.ts` the replica's. Neither knows a platform, so the
 * simulation in test/unit/replica runs the same code.
 */

/** A decision at a moment, and how long it stays unless an entry is written. */
export interface LeaseState {
  decision: Decision;
  /** The last entry that the decision contains. */
  sequence: number;
  at: Moment;
  /** The earliest moment at which time alone can change the decision; `null` for none. */
  validUntil: Moment | null;
}

/** The subject's answer to a replica. It may answer from it for `leaseMs` after it called; 0: only the question called. */
export interface Grant extends LeaseState {
  leaseMs: number;
}

/** Durations in milliseconds. */
export interface LeaseTerms {
  leaseMs: number;
  /** A replica stops this much before the lease ends by its clock. */
  replicaMarginMs: number;
  /** The subject waits this much longer than the lease by its clock. */
  homeMarginMs: number;
  /** A replica stops this much before `validUntil`, which is a moment of the subject's clock. */
  validUntilMarginMs: number;
  /** The row of a region that holds leases is written again after this time. */
  holderRowMs: number;
}

/**
 * A clock differs from true time by up to 500 ms, and may jump within that. So a duration that one clock measures is wrong
 * by up to 1 s, one between two clocks by up to 2 s: the margins of replica and subject together. A moment of one clock is
 * off by up to 1 s on another.
 */
export const leaseTerms: LeaseTerms = {
  leaseMs: 10_000,
  replicaMarginMs: 500,
  homeMarginMs: 1_500,
  validUntilMarginMs: 1_000,
  holderRowMs: 600_000,
};

/** What a check says of a decision. Leases on two decisions with the same answer are the same. */
export const answerOf = (decision: Decision): string => (decision.allowed ? "allowed" : decision.reason);
