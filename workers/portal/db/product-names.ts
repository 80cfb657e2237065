import { asc } from "drizzle-orm";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { products } from "../../../shared/db/tables/configuration.ts";

export interface ProductName {
  productCode: string;
  name: string;
}

/** A product beyond these is shown by its code. */
const maxNames = 1_000;

/** Returns the function that builds the query of the project's products by code. */
export const selectNamesOf = (scope: Scope) => (database: DrizzleD1Database) =>
  [
    database
      .select({ productCode: products.productCode, name: products.name })
      .from(products)
      .where(inScope(products, scope))
      .orderBy(asc(products.productCode))
      .limit(maxNames),
  ] as const;

/** Returns the names of the project's products by code. */
export async function readProductNames(db: D1Database, scope: Scope): Promise<ReadonlyMap<string, string>> {
  const [query] = selectNamesOf(scope)(drizzle(db));
  return new Map((await query).map(({ productCode, name }) => [productCode, name]));
}

/** Prepares the statement of the project's products by code, at most 200. */
export const prepareProductNames = (db: D1Database, { projectId, mode }: Scope): D1PreparedStatement =>
  db
    .prepare(
      `SELECT product_code AS productCode, name FROM products
       WHERE project_id = ?1 AND mode = ?2 ORDER BY product_code LIMIT 200`,
    )
    .bind(projectId, mode);
