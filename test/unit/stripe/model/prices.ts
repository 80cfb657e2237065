const daySeconds = 86_400;

interface Price {
  /** `null` when the price belongs to no product of the project and mode. */
  productCode: string | null;
  amount: number;
  interval: "month" | "year";
}

const known: Record<string, Price> = {
  price_pro: { productCode: "PRO", amount: 2_900, interval: "month" },
  price_pro_former: { productCode: "PRO", amount: 2_500, interval: "month" },
  price_pro_year: { productCode: "PRO", amount: 29_000, interval: "year" },
  price_team: { productCode: "TEAM", amount: 5_900, interval: "month" },
  price_team_year: { productCode: "TEAM", amount: 59_000, interval: "year" },
  price_addon: { productCode: "ADDON", amount: 900, interval: "month" },
  price_addon_free: { productCode: "ADDON", amount: 0, interval: "month" },
};

export const knownPrices = Object.keys(known);

/** The products of the known prices, as the project has configured them. */
export const prices: Record<string, string> = Object.fromEntries(
  Object.entries(known).flatMap(([id, { productCode }]) => (productCode === null ? [] : [[id, productCode]])),
);

/** Returns the price. A price that is not in the table belongs to no product. */
export function getPrice(id: string): Price {
  return known[id] ?? { productCode: null, amount: 700, interval: "month" };
}

/** Returns the length of one period of the price, in seconds. */
export function getPeriodSeconds(priceId: string): number {
  return (getPrice(priceId).interval === "year" ? 365 : 30) * daySeconds;
}
