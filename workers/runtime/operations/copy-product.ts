import {
  copyProduct,
  type ProductTerms,
  previewCopy,
} from "../../../shared/contract/operations/copy-product.ts";
import {
  type PriceView,
  type ProductInput,
  productSchema,
} from "../../../shared/contract/operations/products.ts";
import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type ProductRow, readProduct } from "../../../shared/db/products.ts";
import { findProductsOfPrices } from "../db/products.ts";
import type { RuntimeEnv } from "../env.ts";
import { implement } from "./implement.ts";
import { fetchPrice, fetchPrices } from "./prices.ts";
import { hasTerms, makeProduct, saveProduct } from "./products.ts";

export const preview = implement(previewCopy, async ({ env, scope }, { productCode }) => {
  const pair = await readPair(env, scope, productCode);
  if ("outcome" in pair) return pair;
  const { test, live } = pair;
  const testScope = { ...scope, mode: "test" as const };
  const [listed, sold] = await Promise.all([
    fetchPrices(env, scope),
    // Without the test price there is only no suggestion.
    fetchPrice(env, testScope, test.stripePriceId),
  ]);
  if (listed.outcome === "refused") return listed;
  const ids = listed.prices.map(({ priceId }) => priceId);
  const owners = await findProductsOfPrices(env.DB, scope, ids);
  const isFree = ({ priceId }: PriceView) => (owners.get(priceId) ?? productCode) === productCode;
  const isPaidSo = ({ interval }: PriceView) => (interval !== null) === (test.kind === "subscription");
  const prices = listed.prices.filter((price) => isFree(price) && isPaidSo(price));
  const equal = sold.outcome === "done" ? prices.filter((price) => isSamePrice(price, sold.price)) : [];
  const [only] = equal;
  return {
    outcome: "done",
    test: toTerms(test),
    live: live && toTerms(live),
    prices,
    suggestedPriceId: equal.length === 1 && only !== undefined ? only.priceId : null,
  };
});

const isSamePrice = (one: PriceView, other: PriceView): boolean =>
  one.unitAmount === other.unitAmount && one.currency === other.currency && one.interval === other.interval;

export const copy = implement(copyProduct, async ({ env, scope, actor, now }, input) => {
  const { productCode, stripePriceId, testVersion, liveVersion } = input;
  const pair = await readPair(env, scope, productCode);
  if ("outcome" in pair) return pair;
  const { test, live } = pair;
  if (test.updatedAt !== testVersion)
    return refusal(
      "conflict",
      "The test product changed since the form was opened. Nothing was copied. Review it, then copy it.",
    );
  const { checkout, missingTwin } = await mapCheckout(env, scope, test);
  const parsed = productSchema.safeParse({ ...toTerms(test), checkout, productCode, stripePriceId });
  if (!parsed.success)
    return refusal("invalid", parsed.error.issues[0]?.message ?? "Choose another price.", "stripePriceId");
  const product = parsed.data;
  if (live === null) {
    const made = await makeProduct(env, scope, product, { actor, now });
    return made.outcome === "refused" ? made : { outcome: "done", change: "created" as const, missingTwin };
  }
  if (live.archivedAt === null && hasTerms(live, product))
    return { outcome: "done", change: "none" as const, missingTwin };
  const refused = refuseChange(live, product, liveVersion);
  if (refused !== null) return refused;
  const saved = await saveProduct(env, scope, product, { actor, now, version: live.updatedAt });
  return saved.outcome === "refused" ? saved : { outcome: "done", change: "edited" as const, missingTwin };
});

/**
 * Returns the test product's checkout settings for live mode: what is sold instead has the same code there. Two products can
 * name each other, so a twin that is missing does not stop the copy.
 */
async function mapCheckout(env: RuntimeEnv, scope: Scope, test: ProductRow) {
  const { checkout } = toTerms(test);
  const code = checkout.sellInstead;
  const twin = code === null ? null : await readProduct(env.DB, scope, code);
  const isMissing = code !== null && twin?.product.archivedAt !== null;
  return isMissing
    ? { checkout: { ...checkout, sellInstead: null }, missingTwin: code }
    : { checkout, missingTwin: null };
}

function refuseChange(live: ProductRow, product: ProductInput, liveVersion: number | null): Refusal | null {
  if (live.archivedAt !== null)
    return refusal(
      "invalid",
      `${live.productCode} is archived in live mode. Restore it there, then copy it.`,
    );
  if (live.kind !== product.kind)
    return refusal(
      "invalid",
      `The kind of ${live.productCode} differs in live mode, and the kind of a product can't be changed. Create a product with another code in both modes.`,
    );
  return live.updatedAt === liveVersion
    ? null
    : refusal(
        "conflict",
        "The live product changed since the form was opened. Nothing was copied. Review it, then copy it.",
      );
}

/** Reads the test product and its live twin. */
async function readPair(
  env: RuntimeEnv,
  scope: Scope,
  productCode: string,
): Promise<{ test: ProductRow; live: ProductRow | null } | Refusal> {
  if (scope.mode !== "live")
    return refusal("invalid", "Products are copied to live mode. Switch to live mode.");
  const [test, live] = await Promise.all([
    readProduct(env.DB, { ...scope, mode: "test" }, productCode),
    readProduct(env.DB, scope, productCode),
  ]);
  if (test === null || test.product.archivedAt !== null)
    return refusal("not_found", `There is no active product ${productCode} in test mode.`);
  return { test: test.product, live: live?.product ?? null };
}

function toTerms(row: ProductRow): ProductTerms {
  const { name, kind, stripePriceId, units, durationDays, expiresAfterDays, archivedAt, updatedAt } = row;
  const { sellInstead, promotionCodes, collectsTax, locale, trialDays } = row;
  const checkout = { sellInstead, promotionCodes, collectsTax, locale, trialDays };
  return {
    name,
    kind,
    stripePriceId,
    units,
    durationDays,
    expiresAfterDays,
    checkout,
    archivedAt,
    updatedAt,
  };
}
