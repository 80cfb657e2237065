import {
  createProducts,
  type FreePrice,
  type ImportResult,
  listFreePrices,
  maxImported,
} from "../../../shared/contract/operations/price-import.ts";
import { readProduct } from "../../../shared/db/products.ts";
import { proposeProduct } from "../../../shared/domain/propose-product.ts";
import { findProductsOfPrices, listProductCodes } from "../db/products.ts";
import { implement } from "./implement.ts";
import { fetchPricePage } from "./prices.ts";
import { hasTerms, makeProduct } from "./products.ts";

export const listFree = implement(listFreePrices, async ({ env, scope }, { after }) => {
  const page = await fetchPricePage(env, scope, { after, limit: maxImported });
  if (page.outcome === "refused") return page;
  const ids = page.prices.map(({ priceId }) => priceId);
  const [owners, codes] = await Promise.all([
    findProductsOfPrices(env.DB, scope, ids),
    listProductCodes(env.DB, scope),
  ]);
  const taken = new Set(codes);
  const free = page.prices.filter(({ priceId }) => !owners.has(priceId));
  const prices = free.map((price): FreePrice => {
    const proposal = proposeProduct(price, taken);
    taken.add(proposal.productCode);
    return { ...price, proposal };
  });
  return { outcome: "done", prices, mapped: page.prices.length - free.length, next: page.next };
});

/** The time for one call. The next call creates the rest. */
const budgetMs = 20_000;

export const createMany = implement(createProducts, async ({ env, scope, actor, now }, { products }) => {
  const endBy = Date.now() + budgetMs;
  const results: ImportResult[] = [];
  let isStopped = false;
  for (const product of products) {
    const { productCode, stripePriceId } = product;
    const add = (result: ImportResult["result"], message: string | null = null) =>
      results.push({ productCode, stripePriceId, result, message });
    if (isStopped || Date.now() >= endBy) {
      add("not_attempted");
      continue;
    }
    const known = await readProduct(env.DB, scope, productCode);
    if (known !== null && hasTerms(known.product, product)) {
      add("exists");
      continue;
    }
    const made = await makeProduct(env, scope, product, { actor, now });
    if (made.outcome === "done") add("created");
    else add("refused", made.message);
    isStopped = made.outcome === "refused" && (made.reason === "stripe" || isDisconnected(made));
  }
  return { outcome: "done", results };
});

/** Without a connection no price can be checked. */
const isDisconnected = ({ reason, field }: { reason: string; field?: string }): boolean =>
  reason === "conflict" && field === undefined;
