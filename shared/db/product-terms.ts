import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../contract/scope.ts";
import type { AllowanceTerms } from "../domain/allowance-terms.ts";
import { inScope } from "./scope.ts";
import { productTerms } from "./tables/configuration.ts";

/** Returns every version of what the products include, by product code. Products that include nothing are omitted. */
export async function readProductTerms(
  db: D1Database,
  scope: Scope,
  productCodes: string[],
): Promise<Map<string, AllowanceTerms[]>> {
  const byProduct = new Map<string, AllowanceTerms[]>();
  if (productCodes.length === 0) return byProduct;
  const codes = JSON.stringify(productCodes);
  const rows = await drizzle(db)
    .select()
    .from(productTerms)
    .where(sql`${inScope(productTerms, scope)} AND product_code IN (SELECT value FROM json_each(${codes}))`)
    .orderBy(productTerms.productCode, productTerms.version);
  for (const { productCode, version, fromAt: from, units, every, ...row } of rows) {
    const { rolloverWindows, rolloverMax, inTrial } = row;
    const terms = { version, from, units, every, rolloverWindows, rolloverMax, inTrial };
    byProduct.set(productCode, [...(byProduct.get(productCode) ?? []), terms]);
  }
  return byProduct;
}
