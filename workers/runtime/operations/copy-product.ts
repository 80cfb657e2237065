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
import { copyExtras, hasExtras, noExtras, type ProductExtras, readExtras } from "./copy-extras.ts";
import { implement } from "./implement.ts";
import { fetchPrice, fetchPrices } from "./prices.ts";
import { hasTerms, makeProduct, saveProduct } from "./products.ts";

export const preview = implement(previewCopy, async ({ env, scope, now }, { productCode }) => {
  const pair = await readPair(env, scope, productCode, now);
  if ("outcome" in pair) return pair;
  const { test, live, extras } = pair;
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
    test: toTerms(test, extras.test),
    live: live && toTerms(live, extras.live),
    prices,
    suggestedPriceId: equal.length === 1 && only !== undefined ? only.priceId : null,
  };
});

const isSamePrice = (one: PriceView, other: PriceView): boolean =>
  one.unitAmount === other.unitAmount && one.currency === other.currency && one.interval === other.interval;

export const copy = implement(copyProduct, async ({ env, scope, actor, now }, input) => {
  const { productCode, stripePriceId, testVersion, liveVersion } = input;
  const pair = await readPair(env, scope, productCode, now);
  if ("outcome" in pair) return pair;
  const { test, live, extras } = pair;
  if (test.updatedAt !== testVersion)
    return refusal(
      "conflict",
      "The test product changed since the form was opened. Nothing was copied. Review it, then copy it.",
    );
  const { checkout, missingTwin } = await mapCheckout(env, scope, test);
  const parsed = productSchema.safeParse({ ...test, checkout, stripePriceId });
  if (!parsed.success)
    return refusal("invalid", parsed.error.issues[0]?.message ?? "Choose another price.", "stripePriceId");
  const product = parsed.data;
  const isSold = live !== null && hasTerms(live, product);
  if (live !== null) {
    if (live.archivedAt === null && isSold && hasExtras(extras.live, extras.test))
      return { outcome: "done", change: "none" as const, missingTwin };
    const refused = refuseChange(live, product, liveVersion);
    if (refused !== null) return refused;
  }
  if (!isSold) {
    const saved =
      live === null
        ? await makeProduct(env, scope, product, { actor, now })
        : await saveProduct(env, scope, product, { actor, now, version: live.updatedAt });
    if (saved.outcome === "refused") return saved;
  }
  // After a crash in between, the product has its terms, and the form of the page copies the rest.
  const copied = { from: extras.test, to: extras.live, actor, now };
  const conflict = await copyExtras(env, scope, productCode, copied);
  const change = live === null ? ("created" as const) : ("edited" as const);
  return conflict ?? { outcome: "done", change, missingTwin };
});

/**
 * Returns the test product's checkout settings for live mode: what is sold instead has the same code there. Two products can
 * name each other, so a twin that is missing does not stop the copy.
 */
async function mapCheckout(env: RuntimeEnv, scope: Scope, test: ProductRow) {
  const checkout = toCheckout(test);
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

interface Pair {
  test: ProductRow;
  live: ProductRow | null;
  extras: { test: ProductExtras; live: ProductExtras };
}

/** Reads the test product and its live twin. */
async function readPair(
  env: RuntimeEnv,
  scope: Scope,
  productCode: string,
  now: number,
): Promise<Pair | Refusal> {
  if (scope.mode !== "live")
    return refusal("invalid", "Products are copied to live mode. Switch to live mode.");
  const testScope = { ...scope, mode: "test" as const };
  const [test, live] = await Promise.all([
    readProduct(env.DB, testScope, productCode),
    readProduct(env.DB, scope, productCode),
  ]);
  if (test === null || test.product.archivedAt !== null)
    return refusal("not_found", `There is no active product ${productCode} in test mode.`);
  const [testExtras, liveExtras] = await Promise.all([
    readExtras(env, testScope, test.product, now),
    live === null ? noExtras : readExtras(env, scope, live.product, now),
  ]);
  const extras = { test: testExtras, live: liveExtras };
  return { test: test.product, live: live?.product ?? null, extras };
}

const toCheckout = ({ sellInstead, promotionCodes, collectsTax, locale, trialDays }: ProductRow) => ({
  sellInstead,
  promotionCodes,
  collectsTax,
  locale,
  trialDays,
});

function toTerms(row: ProductRow, { signals, included }: ProductExtras): ProductTerms {
  const { name, kind, stripePriceId, units, durationDays, expiresAfterDays, archivedAt, updatedAt } = row;
  return {
    name,
    kind,
    stripePriceId,
    units,
    durationDays,
    expiresAfterDays,
    checkout: toCheckout(row),
    signals,
    included,
    archivedAt,
    updatedAt,
  };
}
