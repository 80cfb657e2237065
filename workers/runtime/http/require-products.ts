import type { Scope } from "../../../shared/contract/scope.ts";
import { findUnknownProduct } from "../db/products.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "./api-error.ts";

/** Product codes that exist, by scope. A product is archived and never deleted, so a known code stays known. */
const known = new Map<string, Set<string>>();
const maxCodes = 50_000;
let codes = 0;

/** Refuses codes that no product of the scope has. Reads D1 only for codes that this isolate does not know yet. */
export async function requireProducts(
  env: RuntimeEnv,
  { projectId, mode }: Scope,
  productCodes: readonly string[],
): Promise<void> {
  const name = `${projectId}/${mode}`;
  const missing = productCodes.filter((code) => known.get(name)?.has(code) !== true);
  if (missing.length === 0) return;
  const unknown = await findUnknownProduct(env.DB, { projectId, mode }, missing);
  if (unknown !== null) throw new ApiError("product_not_found", `No product '${unknown}' in ${mode} mode.`);
  if (codes >= maxCodes) {
    known.clear();
    codes = 0;
  }
  const ofScope = known.get(name) ?? new Set();
  for (const code of missing) ofScope.add(code);
  known.set(name, ofScope);
  codes += missing.length;
}
