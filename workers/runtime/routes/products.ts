import {
  type ProductListReply,
  productListQuerySchema,
  productListReplySchema,
} from "../../../shared/contract/products.ts";
import { readProductTerms } from "../../../shared/db/product-terms.ts";
import { type AllowanceTerms, findTermsAt } from "../../../shared/domain/allowance-terms.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { listActiveProducts } from "../db/products.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

type IncludedUnits = ProductListReply["products"][number]["included_units"];

export const products = defineEndpoint(
  {
    operationId: "listProducts",
    tags: ["Products"],
    summary: "List products",
    description:
      "The active products of the key's project and mode by code, in pages: what each grants, and its Stripe price. Read the amount from Stripe by `stripe_price_id`.",
    request: { query: productListQuerySchema },
    responses: {
      200: {
        description: "One page.",
        headers: replyHeaders({ decision: false }),
        content: { "application/json": { schema: productListReplySchema } },
      },
      ...documentedErrors({ body: false }),
    },
  },
  async (c) => {
    const { limit, starting_after } = c.req.valid("query");
    const caller = c.get("caller");
    // One more than the page says whether another page follows.
    const rows = await listActiveProducts(c.env.DB, caller, starting_after ?? "", limit + 1);
    const page = rows.slice(0, limit);
    const subscriptions = page.filter(({ kind }) => kind === "subscription");
    const terms = await readProductTerms(
      c.env.DB,
      caller,
      subscriptions.map(({ productCode }) => productCode),
    );
    const now = await currentTime(c.env.DEV);
    const reply: ProductListReply = {
      products: page.map((row) => ({
        product_code: row.productCode,
        name: row.name,
        kind: row.kind,
        stripe_price_id: row.stripePriceId,
        units: row.units,
        duration_days: row.durationDays,
        expires_after_days: row.expiresAfterDays,
        included_units: toIncludedUnits(findTermsAt(terms.get(row.productCode) ?? [], now)),
      })),
      has_more: rows.length > limit,
    };
    return jsonReply(c, reply);
  },
);

function toIncludedUnits(terms: AllowanceTerms | null): IncludedUnits {
  if (terms === null || terms.units === 0) return null;
  const { units, every, rolloverWindows, rolloverMax, inTrial } = terms;
  return { units, every, rollover_windows: rolloverWindows, rollover_max: rolloverMax, in_trial: inTrial };
}
