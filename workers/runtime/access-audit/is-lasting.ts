import { StripeReadError } from "../../../shared/stripe/client.ts";
import type { AuditAtWork } from "../db/access-audit-leases.ts";
import { AdoptionError } from "../stripe-events/adopt-object.ts";
import { isPermanent } from "../stripe-events/is-permanent.ts";

/** Failed turns in a row after which an audit passes over what fails: one customer's data keeps no other from anything. */
const patience = 3;

/** Returns whether another try would fail in the same way. */
export const isFinal = (error: unknown): boolean => error instanceof AdoptionError || isPermanent(error);

/** Returns whether to pass over an object. While Stripe does not answer, its page waits instead. */
export const isLasting = (error: unknown, { failures }: Pick<AuditAtWork, "failures">): boolean =>
  isFinal(error) || (failures >= patience && !(error instanceof StripeReadError));
