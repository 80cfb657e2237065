import type { ProductListReply } from "../../../shared/contract/products.ts";
import type { TestProduct } from "./products.ts";

/** Returns a product as the API lists it. Its name is its code, and it has the price `price_<code>`. */
export function toProductView(product: TestProduct): ProductListReply["products"][number] {
  const { code, kind } = product;
  return {
    product_code: code,
    name: code,
    kind,
    stripe_price_id: `price_${code}`,
    units: kind === "usage_pack" ? product.units : null,
    duration_days: kind === "time_pass" ? product.durationDays : null,
    expires_after_days: kind === "usage_pack" ? (product.expiresAfterDays ?? null) : null,
    included_units: null,
  };
}
