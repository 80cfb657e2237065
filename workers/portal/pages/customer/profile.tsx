import type { Refusal } from "../../../../shared/contract/operations/reply.ts";
import type { StripePayment, StripeProfile } from "../../../../shared/contract/operations/stripe-profile.ts";
import { capitalize, formatMoney } from "../../components/labels/common.ts";

/** The customer at Stripe; `null` without one, a refusal when Stripe was not read. Licenzy stores none of it. */
export type Profile = StripeProfile | Refusal | null;

const isRefused = (profile: Profile): profile is Refusal => profile !== null && "outcome" in profile;

/** Returns the profile if Stripe was read. */
export const toRead = (profile: Profile): StripeProfile | null => (isRefused(profile) ? null : profile);

/** Says when Stripe was not read, and when the customer has older Stripe customers. */
export function ProfileNote({ profile }: { profile: Profile }) {
  if (isRefused(profile)) return <p class="quiet">{profile.message}</p>;
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

const toWords = (text: string) => capitalize(text).replaceAll("_", " ");

/** Formats a payment method such as `Visa •••• 4242`; `null` when Stripe names none. */
export function formatMethod(method: StripePayment["method"]): string | null {
  if (method === null) return null;
  const { type, brand, last4 } = method;
  const name = brand === null ? (types[type] ?? toWords(type)) : (brands[brand] ?? toWords(brand));
  return last4 === null ? name : `${name} •••• ${last4}`;
}

/** Formats Stripe's status of a dispute, such as `Needs response`. */
export const formatDispute = toWords;
