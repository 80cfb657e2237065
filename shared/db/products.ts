import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { type Actor, auditIfChanged, auditStatement } from "./audit.ts";
import { productPrices, products, stripeConnections } from "./tables/configuration.ts";

export type ProductRow = typeof products.$inferSelect;

const inScope = ({ projectId, mode }: Scope) =>
  and(eq(products.projectId, projectId), eq(products.mode, mode));

/**
 * Returns a page of products by code, after the code `after`, and whether the mode is connected to Stripe.
 */
export async function listProducts(
  db: D1Database,
  scope: Scope,
  page: { after?: string; archived: boolean },
  limit: number,
) {
  const database = drizzle(db);
  const [rows, connections] = await database.batch([
    database
      .select()
      .from(products)
      .where(
        and(
          inScope(scope),
          page.after === undefined ? undefined : gt(products.productCode, page.after),
          page.archived ? undefined : isNull(products.archivedAt),
        ),
      )
      .orderBy(asc(products.productCode))
      .limit(limit),
    database
      .select({ connectionId: stripeConnections.connectionId })
      .from(stripeConnections)
      .where(and(eq(stripeConnections.projectId, scope.projectId), eq(stripeConnections.mode, scope.mode))),
  ]);
  return { products: rows, isConnected: connections.length > 0 };
}

/** Returns the product with its current and former prices, newest first. */
export async function readProduct(db: D1Database, scope: Scope, productCode: string) {
  const database = drizzle(db);
  const [rows, prices] = await database.batch([
    database
      .select()
      .from(products)
      .where(and(inScope(scope), eq(products.productCode, productCode))),
    database
      .select()
      .from(productPrices)
      .where(
        and(
          eq(productPrices.projectId, scope.projectId),
          eq(productPrices.mode, scope.mode),
          eq(productPrices.productCode, productCode),
        ),
      )
      .orderBy(sql`created_at DESC`),
  ]);
  const product = rows[0];
  return product === undefined ? null : { product, prices };
}

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
    .where(
      and(
        eq(productPrices.projectId, scope.projectId),
        eq(productPrices.mode, scope.mode),
        eq(productPrices.stripePriceId, stripePriceId),
      ),
    );
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
    ...(actor === null ? [] : [auditStatement(database, { ...entry, actor })]),
  ]);
}

export type ProductChange = Partial<
  Pick<ProductRow, "name" | "stripePriceId" | "units" | "durationDays" | "expiresAfterDays" | "archivedAt">
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
          inScope(product),
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
