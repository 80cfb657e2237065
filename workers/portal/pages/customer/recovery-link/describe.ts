import { type RecoveryPageName, recoveryPages } from "../../../../../shared/contract/recovery-pages.ts";
import type { RecoveryStep } from "../../../../../shared/domain/recovery.ts";
import { capitalize } from "../../../components/labels/common.ts";
import { recoveryActionLabels } from "../../../components/labels/recovery.ts";
import type { RecoveryFacts } from "../../../db/recovery-facts.ts";

/** What a link would lead to if it was opened now. */
export interface LinkPreview {
  /** The page after the button: of Stripe, or one of ours. */
  next: { at: "stripe"; text: string } | { at: "licenzy"; page: RecoveryPageName };
  /** What keeps the link from working, with the fix. */
  problem: { text: string; path: string; label: string } | null;
}

/**
 * Describes what the customer would see, by the table that decides it. Calls nothing at Stripe: whether a page exists is
 * known when the customer presses the button.
 */
export function describeLink(
  steps: readonly RecoveryStep[],
  productCode: string | null,
  { products, hasSuccessUrl, isConnected }: RecoveryFacts,
): LinkPreview {
  const pages = steps.filter(({ page }) => page !== null);
  const [first, ...rest] = pages;
  if (first === undefined)
    return {
      next: { at: "licenzy", page: steps[0]?.action === "wait" ? "wait" : "contact_support" },
      problem: null,
    };
  const support = { at: "licenzy", page: "contact_support" } as const;
  if (first.page === "checkout") {
    const sold = findSold(productCode, products);
    if (sold === null) return { next: support, problem: nothingToSell };
    const next = { at: "stripe", text: `Buy ${sold} in a checkout.` } as const;
    return { next, problem: !isConnected ? notConnected : hasSuccessUrl ? null : noSuccessUrl };
  }
  const otherwise = rest.map(({ action }) => ` If there is none: ${recoveryActionLabels[action]}.`);
  const text = `${capitalize(recoveryActionLabels[first.action])}.${otherwise.join("")}`;
  return { next: { at: "stripe", text }, problem: isConnected ? null : notConnected };
}

/** The title of one of our own pages. */
export const titleOf = (page: RecoveryPageName): string => recoveryPages[page].title;

/** Names the product that the checkout sells: what the denied product names, else the same again. */
function findSold(productCode: string | null, products: RecoveryFacts["products"]): string | null {
  const own = productCode === null ? undefined : products.get(productCode);
  const instead = own?.sellInstead == null ? undefined : products.get(own.sellInstead);
  if (instead?.archivedAt === null) return instead.name;
  return own?.archivedAt === null ? own.name : null;
}

const notConnected = {
  text: "Stripe isn't connected in this mode, so the link leads to no payment page.",
  path: "/stripe",
  label: "Connect Stripe",
};
const noSuccessUrl = {
  text: "The project has no success URL, so the link can't open a checkout.",
  path: "/settings",
  label: "Set success URL",
};
const nothingToSell = {
  text: "No active product can be sold to this customer, so the link leads to no checkout.",
  path: "/products",
  label: "View products",
};
