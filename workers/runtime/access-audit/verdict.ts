import type { NewFinding, Seen } from "../db/access-audit-pages.ts";

/** What an examination found. Nothing of a `null` can concern access. */
export interface Verdict {
  seen: Seen;
  /** `null` when Stripe and the ledger agree. */
  finding: NewFinding | null;
}

/** Names no customer. There is nothing to do. */
export function erased(stripeId: string | null, customerId: string | null): Verdict | null {
  if (stripeId === null) return null;
  const findingId = `object/${stripeId}`;
  const words = { diagnosis: "Its customer was erased.", action: "none", target: null } as const;
  return {
    seen: { seenId: findingId, class: "erased" },
    finding: { findingId, class: "erased", subjectRef: null, stripeId, customerId, ...words },
  };
}
