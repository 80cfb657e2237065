import type { Scope } from "../../../shared/contract/scope.ts";
import type { EntitlementFact } from "./alert-facts.ts";

const selectProductNames = `
  SELECT product_code AS productCode, name FROM products
  WHERE project_id = ?1 AND mode = ?2 AND product_code IN (SELECT value FROM json_each(?3))`;

/** Adds the names of the products, which are in the control database. Reads nothing without entitlements. */
export async function addProductNames(
  control: D1Database,
  { projectId, mode }: Scope,
  entitlements: Omit<EntitlementFact, "productName">[],
): Promise<EntitlementFact[]> {
  if (entitlements.length === 0) return [];
  const codes = new Set(entitlements.map(({ productCode }) => productCode));
  const { results } = await control
    .prepare(selectProductNames)
    .bind(projectId, mode, JSON.stringify([...codes]))
    .all<{ productCode: string; name: string }>();
  const names = new Map(results.map(({ productCode, name }) => [productCode, name]));
  return entitlements.map((fact) => ({
    ...fact,
    productName: names.get(fact.productCode) ?? fact.productCode,
  }));
}
