import { type Decision, decideAccess } from "../../../shared/domain/decision.ts";
import type { SubjectState } from "../../../shared/domain/ledger.ts";
import { getUsageRemaining } from "../../../shared/domain/lots.ts";
import { sumByLot } from "../../../shared/domain/reservation.ts";

/** What a read answered, with the moment that identifies it. */
export interface Answer {
  sequence: number;
  at: number;
  decision: Decision;
  remaining: number;
  reserved: Record<string, number>;
}

/** Answers a read from a state, with what time caused in it. */
export function answer({ entitlements, reservations }: SubjectState, at: number) {
  const all = [...entitlements.values()];
  return {
    decision: decideAccess(all, at),
    remaining: getUsageRemaining(all, at),
    reserved: sumByLot(reservations),
  };
}
