import { readProduct } from "../../../shared/db/products.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { findProductsOfPrices } from "../db/products.ts";
import { everyPage, same } from "../stripe-events/read-from-stripe.ts";
import type { AuditItem } from "./audit-page.ts";
import type { Walk } from "./walk.ts";

/** What a paid session bought. `over`: nothing that could still give access. */
type SoldProduct =
  | { outcome: "product"; productCode: string }
  | { outcome: "unknown_price"; priceId: string }
  | { outcome: "over" };

/** Finds the product of a session's prices. Of several, an adoption takes the first one. */
export async function findSoldProduct(
  walk: Walk,
  { id, parsed }: Extract<AuditItem, { type: "session" }>,
): Promise<SoldProduct> {
  const { context } = walk;
  const stripe = await context.stripe();
  const lines = await everyPage((page) => stripe.checkout.sessions.listLineItems(id, page), same);
  const priceIds = lines.flatMap(({ price }) => price?.id ?? []);
  const products = await findProductsOfPrices(context.env.DB, context.connection, priceIds);
  const productCode = priceIds.map((priceId) => products.get(priceId)).find((code) => code !== undefined);
  const [priceId] = priceIds;
  if (productCode === undefined)
    return priceId === undefined ? { outcome: "over" } : { outcome: "unknown_price", priceId };
  return ifNotOver(walk, productCode, parsed.at);
}

/** What a direct payment bought. `several`: its prices belong to different products, and only one can be imported. */
type DirectProduct = SoldProduct | { outcome: "no_price" } | { outcome: "several"; productCodes: string[] };

/** Finds the product of the prices that a payment of `at` (milliseconds) names. */
export async function findOneTimeProduct(walk: Walk, priceIds: string[], at: number): Promise<DirectProduct> {
  const [priceId] = priceIds;
  if (priceId === undefined) return { outcome: "no_price" };
  const { env, connection } = walk.context;
  const products = await findProductsOfPrices(env.DB, connection, priceIds);
  const productCodes = [...new Set(products.values())];
  const [productCode, ...others] = productCodes;
  if (productCode === undefined) return { outcome: "unknown_price", priceId };
  if (others.length > 0) return { outcome: "several", productCodes };
  return ifNotOver(walk, productCode, at);
}

/** A subscription's price is compared with its subscription, and what has expired by its age gives no access. */
async function ifNotOver({ context }: Walk, productCode: string, at: number): Promise<SoldProduct> {
  const { env, connection, now } = context;
  const found = await readProduct(env.DB, connection, productCode);
  if (found === null || found.product.kind === "subscription") return { outcome: "over" };
  const days = found.product.durationDays ?? found.product.expiresAfterDays;
  return days !== null && at + days * dayMs <= now
    ? { outcome: "over" }
    : { outcome: "product", productCode };
}
