import type { Mode } from "../../../../shared/contract/enums.ts";

const sections: [RegExp, string][] = [
  [/^sub_/, "subscriptions"],
  [/^cus_/, "customers"],
  [/^(pi|py|ch)_/, "payments"],
  [/^evt_/, "events"],
];

/**
 * Returns the dashboard URL of a Stripe object. Objects without a known, stable page link to the
 * dashboard's search.
 */
export function buildStripeUrl(stripeId: string, mode: Mode, stripeAccountId: string | null): string {
  const account = stripeAccountId === null ? "" : `/${stripeAccountId}`;
  const base = `https://dashboard.stripe.com${account}${mode === "test" ? "/test" : ""}`;
  const section = sections.find(([pattern]) => pattern.test(stripeId))?.[1];
  const id = encodeURIComponent(stripeId);
  return section === undefined ? `${base}/search?query=${id}` : `${base}/${section}/${id}`;
}
