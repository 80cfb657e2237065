import type { FindingClass } from "../../../shared/contract/operations/access-audits.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import type { AccessComparison } from "../../../shared/domain/access-audit.ts";
import { findFailedEventOf } from "../db/access-audit-owners.ts";
import type { NewFinding } from "../db/access-audit-pages.ts";
import type { ConnectionContext } from "../stripe-events/connection-context.ts";

/** Returns the newest failed event of the subject, which explains a difference; `null` without one. */
export const findFailedEvent = ({ env, connection }: ConnectionContext, subjectRef: string) =>
  findFailedEventOf(dataOf(env, connection), { ...connection, subjectRef });

/** What a finding says, and what resolves it. */
export type FindingWords = Pick<NewFinding, "diagnosis" | "action" | "target">;

export const describeUnknownPrice = (priceId: string): FindingWords => ({
  diagnosis: `The price ${priceId} belongs to no product.`,
  action: "add_price",
  target: priceId,
});

interface Cause {
  failedEventId: string | null;
  unknownPriceId: string | null;
  /** Stripe does not have an object on record. */
  isMissing: boolean;
}

/** Returns what differs, in one sentence for an operator, and what resolves it. */
export function describeDifference(
  found: FindingClass,
  comparison: AccessComparison,
  { failedEventId, unknownPriceId, isMissing }: Cause,
): FindingWords {
  const repair =
    failedEventId === null
      ? { action: "sync" as const, target: null }
      : { action: "retry_event" as const, target: failedEventId };
  const because = failedEventId === null ? "" : ` The event ${failedEventId} failed.`;
  switch (found) {
    case "paid_but_denied":
      if (comparison.gains.length === 0)
        return {
          diagnosis: "Stripe and the ledger allow access. Your app denied it in a shadow check.",
          action: "none",
          target: null,
        };
      return {
        diagnosis: `Stripe has ${comparison.gains.join(", ")} paid, and the ledger does not.${because}`,
        ...repair,
      };
    case "allowed_but_unpaid":
      if (isMissing)
        return {
          diagnosis: "Access comes from an object that Stripe does not have.",
          action: "none",
          target: null,
        };
      if (comparison.loses.length === 0)
        return {
          diagnosis: "Stripe and the ledger deny access. Your app allowed it in a shadow check.",
          action: "none",
          target: null,
        };
      return {
        diagnosis: `${comparison.loses.join(", ")} is usable, and Stripe does not have it paid.${because}`,
        ...repair,
      };
    case "unknown_price":
      if (unknownPriceId === null) throw new Error("no price is unknown");
      return describeUnknownPrice(unknownPriceId);
    case "by_operator":
      return { diagnosis: describeOperator(comparison), action: "none", target: null };
    case "not_imported":
    case "unmapped":
    case "erased":
      throw new Error(`a known customer is not ${found}`);
  }
}

function describeOperator({ operator }: AccessComparison): string {
  switch (operator) {
    case "granted":
      return "An operator granted access. Stripe has no payment.";
    case "revoked":
      return "An operator revoked access. Stripe still has it paid.";
    case "lifted_hold":
      return "An operator lifted a hold. Stripe has the payment refunded or disputed.";
    case null:
      throw new Error("no operator explains the difference");
  }
}
