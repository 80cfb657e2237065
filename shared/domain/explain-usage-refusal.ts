import type { UsageRefusal } from "./usage-entry.ts";

/** Says what was wrong with a request of the usage endpoints and what to do. `units`: what the request names. */
export function explainUsageRefusal(
  refusal: UsageRefusal,
  command: { type: string; units?: number | null },
): string {
  switch (refusal.code) {
    case "insufficient_usage":
      return `Insufficient units: requested ${command.units ?? 0}, available ${refusal.usageRemaining}. Nothing was reserved.`;
    case "too_many_reservations":
      return "This customer has 1,000 open reservations. Settle or release some, or let them expire.";
    case "reservation_not_found":
      return "This customer has no such reservation, or it was closed more than 90 days ago.";
    case "reservation_closed":
      return "This reservation was already settled or released. Reserve again for another job.";
    case "reservation_expired":
      return command.type === "settle"
        ? `The reservation expired at ${toIso(refusal.expiredAt)}, and its units were released. The balance does not cover the ${command.units} units, or 24 hours have passed. The units are listed on the customer's page.`
        : `The reservation expired at ${toIso(refusal.expiredAt)}, and its units were released.`;
    case "exceeds_reservation":
      return `The reservation covers ${refusal.held} units, requested ${command.units ?? 0}, with ${refusal.usageRemaining} more available. Settle fewer, or send allow_more once the balance covers the rest.`;
    case "not_found":
      return "No consume or settle of this customer has this key, or it is more than 90 days old.";
    case "already_reversed":
      return "The units of this key were already returned. Each consume or settle can be reversed once.";
  }
}

const toIso = (moment: number) => new Date(moment).toISOString();
