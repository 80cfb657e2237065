import { classifyFinding } from "../../../shared/domain/access-audit.ts";
import { type AdoptionTarget, readAdoption } from "../stripe-events/adopt-object.ts";
import type { NoOwner } from "../stripe-events/find-owner.ts";
import type { AuditItem } from "./audit-page.ts";
import type { FindingWords } from "./describe.ts";
import { findNames } from "./find-names.ts";
import { erased, type Verdict } from "./verdict.ts";
import { compareSubjectAccess, type Walk } from "./walk.ts";

/** Compares an open object that no checkout of Licenzy sold with the customer whom the mapping names. */
export async function examineForeign(
  walk: Walk,
  item: Exclude<AuditItem, { type: "subject" }>,
  lookup: NoOwner,
  {
    stripeId,
    customerId,
    unknown,
    target,
  }: {
    stripeId: string;
    customerId: string | null;
    /** Why its product is unknown, and what resolves that. */
    unknown: FindingWords | null;
    target: AdoptionTarget | null;
  },
): Promise<Verdict | null> {
  const names = await findNames(walk, item, lookup);
  if (names === null) return null;
  const seenId = `object/${stripeId}`;
  const base = { findingId: seenId, stripeId, customerId, target: null };
  const unmapped = (diagnosis: string): Verdict => ({
    seen: { seenId, class: "unmapped" },
    finding: { ...base, class: "unmapped", subjectRef: null, diagnosis, action: "map" },
  });
  const [subjectRef, ...others] = names.refs;
  if (names.invalid !== null)
    return unmapped(`The mapping names a customer that can't exist: ${names.invalid}.`);
  if (others.length > 0)
    return unmapped(`Two customers are named for it: ${names.refs.join(", ")}. Correct the mapping.`);
  if (subjectRef === undefined)
    return target === null ? null : unmapped("Stripe has it paid, and no mapping names its customer.");
  const named = { ...base, subjectRef };
  if (unknown !== null)
    return {
      seen: { seenId, class: "unknown_price" },
      finding: { ...named, class: "unknown_price", ...unknown },
    };
  if (target === null) throw new Error(`${stripeId} has a known product and no target`);
  const read = await readAdoption(walk.context, subjectRef, target);
  if (read.outcome === "erased") return erased(stripeId, customerId);
  const facts = read.outcome === "read" ? read.differences.facts : [];
  const comparison = await compareSubjectAccess(walk, subjectRef, facts);
  // A subscription moves in with any status, a payment only if something of it is left.
  const isOpen = "subscriptionId" in target || comparison.gains.length > 0;
  const found = classifyFinding({
    isErased: false,
    owner: "named",
    isOpen,
    hasUnknownPrice: false,
    comparison,
    app: null,
  });
  if (found === "agrees") return null;
  const gives = comparison.gains.length === 0 ? "no access now" : comparison.gains.join(", ");
  return {
    seen: { seenId, class: found },
    finding: {
      ...named,
      class: found,
      diagnosis: `Sold without Licenzy. Importing it grants ${gives}.`,
      action: "import",
      target: "productCode" in target ? target.productCode : null,
    },
  };
}
