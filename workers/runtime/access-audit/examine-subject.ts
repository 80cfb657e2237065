import { classifyFinding } from "../../../shared/domain/access-audit.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import { StripeReadError } from "../../../shared/stripe/client.ts";
import { readDifferences } from "../stripe-events/sync-subject.ts";
import { describeDifference, findFailedEvent } from "./describe.ts";
import { erased, type Verdict } from "./verdict.ts";
import { compareSubjectAccess, findAppAnswers, type Walk } from "./walk.ts";

/** The object that led to a subject. */
interface About {
  stripeId: string | null;
  customerId: string | null;
  /** A price of the object that belongs to no product. */
  unknownPriceId?: string | null;
  /** Reads the facts of the object alone, for a subject that can't be read as a whole. */
  readFacts?: () => Promise<SubjectFact[]>;
}

/** Compares a subject with all its objects at Stripe. */
export async function examineSubject(walk: Walk, subjectRef: string, about: About): Promise<Verdict | null> {
  const { context } = walk;
  const seenId = `subject/${subjectRef}`;
  const { stripeId, customerId, unknownPriceId = null } = about;
  const facts = await readFactsOfSubject(walk, subjectRef, about);
  if (facts === "erased") return erased(stripeId, customerId);
  const comparison = await compareSubjectAccess(walk, subjectRef, facts === "missing" ? [] : facts);
  const app = (await findAppAnswers(walk, [subjectRef])).get(subjectRef) ?? null;
  const isWithoutStripe = facts === "missing" && comparison.allowed && comparison.operator !== "granted";
  const found = isWithoutStripe
    ? "allowed_but_unpaid"
    : classifyFinding({
        isErased: false,
        owner: "linked",
        isOpen: true,
        hasUnknownPrice: unknownPriceId !== null,
        comparison,
        app,
      });
  const seen = { seenId, class: found };
  if (found === "agrees") return { seen, finding: null };
  const failedEventId = await findFailedEvent(context, subjectRef);
  const words = describeDifference(found, comparison, {
    failedEventId,
    unknownPriceId,
    isMissing: facts === "missing",
  });
  const finding = { findingId: seenId, class: found, subjectRef, stripeId, customerId, ...words };
  return { seen, finding };
}

/**
 * Returns what Stripe has of the subject. `missing`: an object on record does not exist at Stripe. An object without a
 * known owner keeps the subject from being read as a whole; then the object that led here is read alone.
 */
async function readFactsOfSubject(
  { context }: Walk,
  subjectRef: string,
  { readFacts }: About,
): Promise<SubjectFact[] | "erased" | "missing"> {
  try {
    const read = await readDifferences(context, subjectRef);
    if (read.outcome === "read") return read.differences.facts;
    if (read.outcome === "erased") return "erased";
    return readFacts === undefined ? [] : await readFacts();
  } catch (error) {
    if (error instanceof StripeReadError && error.isMissing) return "missing";
    throw error;
  }
}
