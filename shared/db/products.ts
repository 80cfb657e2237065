import { and, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import { productPrices, products } from "./tables/configuration.ts";

export type ProductRow = typeof products.$inferSelect;

export const inScope = ({ projectId, mode }: Scope) =>
  and(eq(products.projectId, projectId), eq(products.mode, mode));

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
