import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { inScope } from "./scope.ts";
import { productPrices, products } from "./tables/configuration.ts";

export type ProductRow = typeof products.$inferSelect;

/** Returns the product with its current and former prices, newest first. */
export async function readProduct(db: D1Database, scope: Scope, productCode: string) {
  const database = drizzle(db);
  const [rows, prices] = await database.batch([
    database
      .select()
      .from(products)
      .where(and(inScope(products, scope), eq(products.productCode, productCode))),
    database
      .select()
      .from(productPrices)
      .where(and(inScope(productPrices, scope), eq(productPrices.productCode, productCode)))
      .orderBy(sql`created_at DESC`),
  ]);
  const product = rows[0];
  return product === undefined ? null : { product, prices };
}
