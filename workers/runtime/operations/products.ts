import type { EntitlementKind } from "../../../shared/contract/enums.ts";
import {
  archiveProduct,
  createProduct,
  editProduct,
  listPrices,
  lookUpPrice,
  type PriceView,
  type ProductInput,
} from "../../../shared/contract/operations/products.ts";
import { type OperatorReply, refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { Actor } from "../../../shared/db/audit.ts";
import { readProduct } from "../../../shared/db/products.ts";
import { changeProduct, findProductOfPrice, insertProduct } from "../db/products.ts";
import type { RuntimeEnv } from "../env.ts";
import { implement } from "./implement.ts";
import { fetchPrice, fetchPrices } from "./prices.ts";

export const list = implement(listPrices, ({ env, scope }) => fetchPrices(env, scope));

export const lookUp = implement(lookUpPrice, async ({ env, scope }, { priceId, kind }) => {
  const found = await fetchPrice(env, scope, priceId);
  if (found.outcome === "refused") return found;
  const error = priceError(found.price, kind);
  return error === null ? found : refusal("invalid", error, "stripePriceId");
});

export const create = implement(createProduct, ({ env, scope, actor, now }, input) =>
  makeProduct(env, scope, input, { actor, now }),
);

/** Creates a product if its price exists at Stripe and fits its kind. Without an actor it writes no audit entry. */
export async function makeProduct(
  env: RuntimeEnv,
  scope: Scope,
  input: ProductInput,
  { actor, now }: { actor: Actor | null; now: number },
): Promise<OperatorReply> {
  const checked = await checkPrice(env, scope, input);
  if (checked.outcome === "refused") return checked;
  const { productCode, name, kind, stripePriceId } = input;
  const exists = refusal(
    "conflict",
    `There is a product ${productCode} already in ${scope.mode} mode. Codes are never reused, even after archiving.`,
    "productCode",
  );
  if ((await readProduct(env.DB, scope, productCode)) !== null) return exists;
  const row = { ...scope, productCode, name, kind, stripePriceId, ...productDetails(input) };
  try {
    await insertProduct(env.DB, actor, { ...row, createdAt: now, updatedAt: now });
  } catch (error) {
    // Two forms were sent at the same moment, and the other one inserted the row. Any other error is rethrown.
    if ((await readProduct(env.DB, scope, productCode)) !== null) return exists;
    throw error;
  }
  return { outcome: "done" };
}

export const edit = implement(editProduct, async ({ env, scope, actor, now }, { product, version }) => {
  const checked = await checkPrice(env, scope, product);
  if (checked.outcome === "refused") return checked;
  const found = await readProduct(env.DB, scope, product.productCode);
  if (found === null) return unknownProduct;
  if (found.product.kind !== product.kind)
    return refusal("invalid", "The kind of a product can't be changed. Create another product.", "kind");
  const edited = refusal(
    "conflict",
    "Another operator changed this product while you were editing. Nothing was saved. Your entries are below, next to the current values. Save again to apply them.",
  );
  if (found.product.updatedAt !== version) return edited;
  const { name, stripePriceId } = product;
  const priceChange = stripePriceId === found.product.stripePriceId ? {} : { stripePriceId };
  const change = { name, ...priceChange, ...productDetails(product) };
  const later = Math.max(now, version + 1);
  const isDone = await changeProduct(env.DB, actor, found.product, "product.edit", change, later);
  return isDone ? { outcome: "done" } : edited;
});

export const archive = implement(
  archiveProduct,
  async ({ env, scope, actor, now }, { productCode, archived }) => {
    const found = await readProduct(env.DB, scope, productCode);
    if (found === null) return unknownProduct;
    if ((found.product.archivedAt !== null) === archived) return { outcome: "done" };
    const action = archived ? "product.archive" : "product.restore";
    const change = { archivedAt: archived ? now : null };
    const later = Math.max(now, found.product.updatedAt + 1);
    const isDone = await changeProduct(env.DB, actor, found.product, action, change, later);
    if (isDone) return { outcome: "done" };
    return refusal(
      "conflict",
      "Another operator changed this product at the same time. Review it, then try again.",
    );
  },
);

const unknownProduct = refusal("not_found", "Product not found in this project and mode.");

/** Checks that the price is free, exists at Stripe and fits the product's kind. */
async function checkPrice(
  env: RuntimeEnv,
  scope: Scope,
  { productCode, stripePriceId, kind }: ProductInput,
): Promise<OperatorReply> {
  const owner = await findProductOfPrice(env.DB, scope, stripePriceId);
  if (owner !== null && owner !== productCode)
    return refusal(
      "invalid",
      `This price belongs to the product ${owner} already. A price always belongs to one product. Choose or create another price in Stripe.`,
      "stripePriceId",
    );
  const found = await fetchPrice(env, scope, stripePriceId);
  if (found.outcome === "refused") return found;
  const error = priceError(found.price, kind);
  return error === null ? { outcome: "done" } : refusal("invalid", error, "stripePriceId");
}

/** Returns why the price can't be sold as this kind, or `null`. */
function priceError(price: PriceView, kind: EntitlementKind): string | null {
  const { id, active, interval } = { id: price.priceId, ...price };
  if (!active) return `The price ${id} is archived in Stripe. Choose an active one.`;
  if (kind === "subscription" && interval === null)
    return `The price ${id} is paid once, but a subscription needs a recurring price.`;
  if (kind !== "subscription" && interval !== null)
    return `The price ${id} is paid every ${interval}, but this kind of product is paid once. Choose a one-time price, or make it a subscription.`;
  return null;
}

function productDetails(product: ProductInput) {
  return {
    units: product.kind === "usage_pack" ? product.units : null,
    durationDays: product.kind === "time_pass" ? product.durationDays : null,
    expiresAfterDays: product.kind === "usage_pack" ? product.expiresAfterDays : null,
  };
}
