import { dataOf } from "../../../shared/db/databases.ts";
import type { LicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";
import type { CheckoutAttemptRow } from "../db/checkout-attempts.ts";
import { claimSaleOfAttempt, findOtherSale } from "../db/checkout-sales.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { type CheckoutOwner, type OwnerLookup, resolveOwnerFromMetadata } from "./find-owner.ts";

/** A session has the metadata of a checkout attempt, but another session is its sale. It grants nothing. */
export interface OtherSession {
  outcome: "other_session";
  reason: string;
}

/**
 * Resolves the owner of a session. Metadata can be copied to another session, which may cost less: only the
 * session that the attempt made is its sale. The attempt does not know its session if the checkout crashed
 * between Stripe's response and storing it; then the metadata decides, and the event is flagged. Of several
 * such sessions the first that was paid is the sale (`claimSale`).
 */
export async function resolveSessionOwner(
  context: ConnectionContext,
  sessionId: string,
  ours: LicenzyMetadata,
): Promise<OwnerLookup<CheckoutOwner> | OtherSession> {
  const found = await resolveOwnerFromMetadata(context, ours);
  if (found.outcome !== "owner") return found;
  const { attempt } = found.owner;
  const sale =
    attempt.stripeSessionId ?? (await findOtherSale(dataOf(context.env, attempt), attempt, sessionId));
  return sale === null || sale === sessionId ? found : otherSession(attempt, sale);
}

/**
 * Makes a paid session the sale of its attempt, before it grants anything. Returns `null`, or the session
 * that is the sale instead: a sale that metadata alone identifies grants once.
 */
export async function claimSale(
  { env, now }: ConnectionContext,
  { attempt }: CheckoutOwner,
  sessionId: string,
): Promise<OtherSession | null> {
  if (attempt.stripeSessionId !== null) return null;
  const sale = await claimSaleOfAttempt(dataOf(env, attempt), attempt, sessionId, now);
  return sale === sessionId ? null : otherSession(attempt, sale);
}

const otherSession = ({ attemptId }: CheckoutAttemptRow, sale: string): OtherSession => ({
  outcome: "other_session",
  reason: `the session of checkout attempt ${attemptId} is ${sale}`,
});

/**
 * Describes a sale that the metadata alone decides, for an operator to compare with Stripe; `null` for
 * any other.
 */
export function flagUnknownSession({ attempt }: CheckoutOwner): string | null {
  if (attempt.stripeSessionId !== null) return null;
  return `known by metadata alone: checkout attempt ${attempt.attemptId} has stored no session`;
}
