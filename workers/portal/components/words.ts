import type { Kind, Region } from "../../../shared/contract/words.ts";
import { kinds, regions } from "../../../shared/contract/words.ts";

/** What the closed words of the contract are called on pages. */
export const regionNames: Record<Region, string> = {
  wnam: "Western North America",
  enam: "Eastern North America",
  sam: "South America",
  weur: "Western Europe",
  eeur: "Eastern Europe",
  apac: "Asia-Pacific",
  oc: "Oceania",
  afr: "Africa",
  me: "Middle East",
};

export const regionOptions = regions.map((value) => ({ value, label: regionNames[value] }));

export const kindNames: Record<Kind, string> = {
  subscription: "Subscription",
  time_pass: "Time pass",
  usage_pack: "Usage pack",
};

export const kindMeanings: Record<Kind, string> = {
  subscription: "Access as long as the subscription in Stripe is paid. Needs a recurring price.",
  time_pass: "Access for a number of days, paid once. Several queue up one after another.",
  usage_pack: "A number of units to spend, paid once. Each purchase is a pack of its own.",
};

export const kindOptions = kinds.map((value) => ({
  value,
  label: kindNames[value],
  meaning: kindMeanings[value],
}));

const numbers = new Intl.NumberFormat("en-US");
export const count = (value: number): string => numbers.format(value);

/** Of what is counted up to 1,000 only. */
export const upTo = (value: number): string => (value >= 1_000 ? "1,000+" : count(value));

/** Currencies whose smallest unit is the whole: Stripe's list. */
const wholeCurrencies = new Set("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split(" "));

/** `€49.00` from Stripe's smallest unit. */
export function money(amount: number | null, currency: string): string {
  if (amount === null) return "no fixed amount";
  const value = wholeCurrencies.has(currency) ? amount : amount / 100;
  return new Intl.NumberFormat("en-US", { style: "currency", currency: currency.toUpperCase() }).format(
    value,
  );
}
