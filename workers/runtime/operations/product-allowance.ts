import * as contract from "../../../shared/contract/operations/products.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { databasesOf } from "../../../shared/db/databases.ts";
import { readProduct } from "../../../shared/db/products.ts";
import { insertTerms } from "../db/product-terms.ts";
import { implement } from "./implement.ts";

export const setAllowance = implement(
  contract.setAllowance,
  async ({ env, scope, actor, now }, { productCode, from, version, ...terms }) => {
    const found = await readProduct(env.DB, scope, productCode);
    if (found === null) return refusal("not_found", "Product not found in this project and mode.");
    if (found.product.kind !== "subscription")
      return refusal("invalid", "Only subscriptions include units. Sell units as a usage pack.", "units");
    // Windows that began before this moment may have been granted with the earlier terms.
    if (from !== null && from < now)
      return refusal("invalid", "Choose a date in the future, or leave blank for now.", "from");
    // Stripe's periods begin at whole seconds: one that is paid within this second has the terms.
    const fromAt = from ?? now - (now % 1_000);
    const row = { ...scope, productCode, version: version + 1, fromAt, ...terms };
    if (await insertTerms(databasesOf(env, scope), actor, { ...row, createdAt: now }))
      return { outcome: "done" };
    return refusal(
      "conflict",
      "Another operator changed this allowance while you were editing. Nothing was saved. Review it, then try again.",
    );
  },
);
