import type Stripe from "stripe";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { LicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";
import { UnreadableObjectError } from "../../../shared/stripe/object-fields.ts";
import type { ParsedSession } from "../../../shared/stripe/parse-session.ts";
import type { ParsedSubscription } from "../../../shared/stripe/parse-subscription.ts";

/** What a page of an audit's lists consists of. */

/** Of Stripe's lists. */
export const objectsPerPage = 100;

interface StripeItem {
  /** Stripe's id, which is the place in the list. */
  id: string;
  customerId: string | null;
  ours: LicenzyMetadata | null;
  /** The customer's name in metadata or the session, by the project's mapping; each name once. */
  names: string[];
}

/** One object of Stripe to compare, or a subject that Stripe did not name. */
export type AuditItem =
  | (StripeItem & { type: "subscription"; parsed: ParsedSubscription })
  | (StripeItem & { type: "session"; parsed: ParsedSession })
  | ChargeItem
  | { type: "subject"; id: string };

export interface AuditPage {
  /** Those that need a comparison. */
  items: AuditItem[];
  /** Objects without a meaning, which are counted and left out. */
  unread: number;
  /** The last object on the page; `null` on an empty one. */
  last: string | null;
  isLast: boolean;
}

/** A charge to compare: it was reversed, or it may be a direct payment. */
export interface ChargeItem {
  type: "charge";
  /** Stripe's id, which is the place in the list. */
  id: string;
  paymentIntentId: string;
  customerId: string | null;
  /** As of the other items. */
  names: string[];
  /** Prices that the metadata names, each once. */
  priceIds: string[];
  /** When it was made, in milliseconds. */
  at: number;
  amount: number;
  currency: string;
  isReversed: boolean;
  /**
   * It was neither sold by Licenzy nor seen with a session, and as far as Stripe's lists show, it paid no invoice. Its
   * metadata names a price, or the mapping names its customer.
   */
  isDirect: boolean;
}

export const listAfter = (cursor: string) => ({
  limit: objectsPerPage,
  ...(cursor === "" ? {} : { starting_after: cursor }),
});

/** Leaves out and counts objects without a meaning. */
export function toPage<S extends { id: string }>(
  { data, has_more }: Stripe.ApiList<S>,
  toItems: (object: S) => AuditItem[],
): AuditPage {
  const items: AuditItem[] = [];
  let unread = 0;
  for (const object of data)
    try {
      items.push(...toItems(object));
    } catch (error) {
      if (!(error instanceof UnreadableObjectError)) throw error;
      log("warn", "access_audit.object_unread", { error: `${object.id}: ${errorMessage(error)}` });
      unread++;
    }
  const last = data.at(-1)?.id ?? null;
  return { items, unread, last, isLast: !has_more || last === null };
}

/** Returns the metadata of a customer that the list has expanded. */
export function readCustomerMetadata(
  customer: string | Stripe.Customer | Stripe.DeletedCustomer | null,
): Record<string, string> {
  return customer === null || typeof customer === "string" || customer.deleted ? {} : customer.metadata;
}

/** Returns the values of the key, each once. */
export function readNames(key: string | null, all: Record<string, string>[]): string[] {
  if (key === null) return [];
  return [...new Set(all.flatMap((metadata) => metadata[key] ?? []).filter((name) => name !== ""))];
}
