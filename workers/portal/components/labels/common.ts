import type { EntitlementKind, Region } from "../../../../shared/contract/enums.ts";
import { entitlementKinds, regions } from "../../../../shared/contract/enums.ts";
import type { Role } from "../../../../shared/contract/roles.ts";

export const capitalize = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** Labels for the values of the contract's enums. */
export const regionLabels: Record<Region, string> = {
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

export const roleLabels: Record<Role, string> = {
  owner: "Owner",
  admin: "Admin",
  support: "Support",
  viewer: "Viewer",
};

export const regionOptions = regions.map((value) => ({ value, label: regionLabels[value] }));

export const kindLabels: Record<EntitlementKind, string> = {
  subscription: "Subscription",
  time_pass: "Time pass",
  usage_pack: "Usage pack",
};

export const kindDescriptions: Record<EntitlementKind, string> = {
  subscription: "Access as long as the subscription in Stripe is paid. Needs a recurring price.",
  time_pass: "Access for a number of days, paid once. Several queue up one after another.",
  usage_pack: "A number of units to spend, paid once. Each purchase is a separate pack.",
};

export const kindOptions = entitlementKinds.map((value) => ({
  value,
  label: kindLabels[value],
  meaning: kindDescriptions[value],
}));

/** The names of a project's products by code. */
export type ProductNames = ReadonlyMap<string, string>;

/** Returns the product's name, or its code when the name was not read. */
export const nameProduct = (names: ProductNames, productCode: string): string =>
  names.get(productCode) ?? productCode;

const numbers = new Intl.NumberFormat("en-US");
export const formatCount = (value: number): string => numbers.format(value);

export const formatUnits = (units: number): string =>
  units === 1 ? "1 unit" : `${formatCount(units)} units`;

/** Formats a count that stops at 1,000. */
export const formatCappedCount = (value: number): string => (value >= 1_000 ? "1,000+" : formatCount(value));

/** Zero-decimal currencies, from Stripe's list. */
const zeroDecimalCurrencies = new Set(
  "bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split(" "),
);

/** Formats an amount in Stripe's smallest unit as `€49.00`. */
export function formatMoney(amount: number | null, currency: string): string {
  if (amount === null) return "no fixed amount";
  const value = zeroDecimalCurrencies.has(currency) ? amount : amount / 100;
  return new Intl.NumberFormat("en-US", { style: "currency", currency: currency.toUpperCase() }).format(
    value,
  );
}

/** Formats as `12.3 MB`, in powers of 1,000 like the platform's limits. */
export function formatBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
