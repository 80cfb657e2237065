import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type Actor, auditIfChanged, optionalAudit } from "../../../shared/db/audit.ts";
import type { ProductRow } from "../../../shared/db/products.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { productPrices, products } from "../../../shared/db/tables/configuration.ts";

/**
 * Returns the code of the product that a price belongs to, or `null`. A price belongs to one product
 * permanently.
 */
export async function findProductOfPrice(
  db: D1Database,
  scope: Scope,
  stripePriceId: string,
): Promise<string | null> {
  const rows = await drizzle(db)
    .select({ productCode: productPrices.productCode })
    .from(productPrices)
    .where(and(inScope(productPrices, scope), eq(productPrices.stripePriceId, stripePriceId)));
  return rows[0]?.productCode ?? null;
}

/**
 * Inserts product, price and, with an actor, the audit entry in one transaction. Throws when code or price is
 * taken.
 */
export async function insertProduct(
  db: D1Database,
  actor: Actor | null,
  product: typeof products.$inferInsert,
): Promise<void> {
  const database = drizzle(db);
  const { projectId, mode, productCode, stripePriceId, createdAt, updatedAt: _, ...rest } = product;
  const after = { ...rest, stripePriceId };
  const entry = {
    at: createdAt,
    action: "product.create" as const,
    target: productCode,
    projectId,
    mode,
    after,
  };
  await database.batch([
    database.insert(products).values(product),
    database.insert(productPrices).values({ projectId, mode, stripePriceId, productCode, createdAt }),
    ...optionalAudit(database, actor && { ...entry, actor }),
  ]);
}

export type ProductChange = Partial<
  Pick<
    ProductRow,
    | "name"
    | "stripePriceId"
    | "units"
    | "durationDays"
    | "expiresAfterDays"
    | "sellInstead"
    | "promotionCodes"
    | "collectsTax"
    | "locale"
    | "trialDays"
    | "archivedAt"
  >
>;

/**
 * Changes the product if its `updated_at` is still `product.updatedAt`. Returns whether it was. Former prices
 * stay attached when a new one is added, so that existing subscribers keep their product.
 */
export async function changeProduct(
  db: D1Database,
  actor: Actor,
  product: ProductRow,
  action: "product.edit" | "product.archive" | "product.restore",
  change: ProductChange,
  now: number,
): Promise<boolean> {
  const database = drizzle(db);
  const { projectId, mode, productCode } = product;
  const before = Object.fromEntries(
    Object.keys(change).map((key) => [key, product[key as keyof ProductRow]]),
  );
  const { stripePriceId } = change;
  const entry = { actor, at: now, action, target: productCode, projectId, mode };
  const [{ meta }] = await database.batch([
    database
      .update(products)
      .set({ ...change, updatedAt: now })
      .where(
        and(
          inScope(products, product),
          eq(products.productCode, productCode),
          eq(products.updatedAt, product.updatedAt),
        ),
      ),
    auditIfChanged(database, { ...entry, before, after: change }),
    ...(stripePriceId === undefined
      ? []
      : [
          // Only if the audit entry was written. If another product took the price in between, the whole
          // batch fails.
          database.insert(productPrices).select(
            sql`SELECT ${projectId}, ${mode}, ${stripePriceId}, ${productCode}, ${now} WHERE changes() > 0
              AND NOT EXISTS (SELECT 1 FROM product_prices WHERE project_id = ${projectId} AND mode = ${mode}
                AND stripe_price_id = ${stripePriceId} AND product_code = ${productCode})`,
          ),
        ]),
  ]);
  return meta.changes > 0;
}

/** Returns the product code of each of `stripePriceIds`. Prices without a product are omitted. */
export async function findProductsOfPrices(
  db: D1Database,
  scope: Scope,
  stripePriceIds: string[],
): Promise<Map<string, string>> {
  const rows = await drizzle(db)
    .select({ stripePriceId: productPrices.stripePriceId, productCode: productPrices.productCode })
    .from(productPrices)
    .where(
      and(
        inScope(productPrices, scope),
        sql`${productPrices.stripePriceId} IN (SELECT value FROM json_each(${JSON.stringify(stripePriceIds)}))`,
      ),
    );
  return new Map(rows.map(({ stripePriceId, productCode }) => [stripePriceId, productCode]));
}

/** Returns the first of `productCodes` that no product of the scope has, archived ones included; `null` if all exist. */
export async function findUnknownProduct(
  db: D1Database,
  scope: Scope,
  productCodes: string[],
): Promise<string | null> {
  const rows = await drizzle(db)
    .select({ productCode: products.productCode })
    .from(products)
    .where(
      and(
        inScope(products, scope),
        sql`${products.productCode} IN (SELECT value FROM json_each(${JSON.stringify(productCodes)}))`,
      ),
    );
  const found = new Set(rows.map(({ productCode }) => productCode));
  return productCodes.find((code) => !found.has(code)) ?? null;
}

/** Returns the codes of all products of the scope, archived ones included: none is used again. */
export async function listProductCodes(db: D1Database, scope: Scope): Promise<string[]> {
  const rows = await drizzle(db)
    .select({ productCode: products.productCode })
    .from(products)
    .where(inScope(products, scope));
  return rows.map(({ productCode }) => productCode);
}

/** Returns the active products of the scope with a code after `after`, by code. */
export function listActiveProducts(
  db: D1Database,
  scope: Scope,
  after: string,
  limit: number,
): Promise<ProductRow[]> {
  return drizzle(db)
    .select()
    .from(products)
    .where(and(inScope(products, scope), gt(products.productCode, after), isNull(products.archivedAt)))
    .orderBy(asc(products.productCode))
    .limit(limit);
}
