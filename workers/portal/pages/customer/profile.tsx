import {
  readStripeProfile,
  type StripePayment,
  type StripeProfile,
} from "../../../../shared/contract/operations/stripe-profile.ts";
import { formatMoney } from "../../components/labels/common.ts";
import { callOperation } from "../../http/call-operation.ts";
import type { PortalContext } from "../../request-context.ts";

/** The customer at Stripe; `null` without one, a sentence when Stripe was not read. */
export type Profile = StripeProfile | string | null;

/** Reads the profile from Stripe, or from the runtime's memory. Licenzy stores none of it. */
export async function loadProfile(c: PortalContext, subjectRef: string): Promise<Profile> {
  const reply = await callOperation(c, readStripeProfile, { subjectRef });
  return reply.outcome === "refused" ? reply.message : reply.profile;
}

/** Returns the profile if Stripe was read. */
export const toRead = (profile: Profile): StripeProfile | null =>
  typeof profile === "string" ? null : profile;

/** Says when Stripe was not read, and when the customer has older Stripe customers. */
export function ProfileNote({ profile }: { profile: Profile }) {
  if (typeof profile === "string") return <p class="quiet">{profile}</p>;
  if (profile === null || profile.olderCustomers === 0) return null;
  const count = profile.olderCustomers;
  return (
    <p class="quiet">
      Showing the newest of {count + 1} Stripe customers. Payments of the{" "}
      {count === 1 ? "older one are" : `${count} older ones are`} not included.
    </p>
  );
}

/** Formats the total of what was paid and not refunded, such as `€78.00`, or `€2,900.00+` when it leaves out older payments. */
export function formatPaid({ paid, paidIsPartial }: StripeProfile): string {
  if (paid.length === 0) return "0";
  const total = paid.map(({ amount, currency }) => formatMoney(amount, currency)).join(" + ");
  return paidIsPartial ? `${total}+` : total;
}

const brands: Record<string, string> = {
  amex: "American Express",
  diners: "Diners Club",
  jcb: "JCB",
  unionpay: "UnionPay",
};
const types: Record<string, string> = { sepa_debit: "SEPA debit", us_bank_account: "Bank account" };

const capitalize = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`.replaceAll("_", " ");

/** Formats a payment method such as `Visa •••• 4242`; `null` when Stripe names none. */
export function formatMethod(method: StripePayment["method"]): string | null {
  if (method === null) return null;
  const { type, brand, last4 } = method;
  const name = brand === null ? (types[type] ?? capitalize(type)) : (brands[brand] ?? capitalize(brand));
  return last4 === null ? name : `${name} •••• ${last4}`;
}

/** Formats Stripe's status of a dispute, such as `Needs response`. */
export const formatDispute = capitalize;
