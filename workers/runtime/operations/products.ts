import type { EntitlementKind } from "../../../shared/contract/enums.ts";
import {
  archiveProduct,
  type CheckoutSettings,
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
import { type ProductRow, readProduct } from "../../../shared/db/products.ts";
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
    `The code ${productCode} is already in use in ${scope.mode} mode. Codes are never reused, even after archiving. Choose another code.`,
    "productCode",
  );
  if ((await readProduct(env.DB, scope, productCode)) !== null) return exists;
  const row = { ...scope, productCode, name, kind, stripePriceId, ...productDetails(input) };
  const unsold = await checkSellInstead(env, scope, input);
  if (unsold.outcome === "refused") return unsold;
  try {
    await insertProduct(env.DB, actor, { ...row, createdAt: now, updatedAt: now });
  } catch (error) {
    // Two forms were sent at the same moment, and the other one took code or price. Any other error is rethrown.
    if ((await readProduct(env.DB, scope, productCode)) !== null) return exists;
    const owner = await findProductOfPrice(env.DB, scope, stripePriceId);
    if (owner !== null) return takenPrice(owner);
    throw error;
  }
  return { outcome: "done" };
}

export const edit = implement(editProduct, ({ env, scope, actor, now }, { product, version }) =>
  saveProduct(env, scope, product, { actor, now, version }),
);

/** Changes a product that is still as it was at `version`, if its price exists at Stripe and fits its kind. */
export async function saveProduct(
  env: RuntimeEnv,
  scope: Scope,
  product: ProductInput,
  { actor, now, version }: { actor: Actor; now: number; version: number },
): Promise<OperatorReply> {
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
  const unsold = await checkSellInstead(env, scope, product);
  if (unsold.outcome === "refused") return unsold;
  const { name, stripePriceId } = product;
  const priceChange = stripePriceId === found.product.stripePriceId ? {} : { stripePriceId };
  const change = { name, ...priceChange, ...productDetails(product) };
  const later = Math.max(now, version + 1);
  const isDone = await changeProduct(env.DB, actor, found.product, "product.edit", change, later);
  return isDone ? { outcome: "done" } : edited;
}

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

const takenPrice = (owner: string) =>
  refusal(
    "invalid",
    `This price is already used by the product ${owner}. Choose or create another price in Stripe.`,
    "stripePriceId",
  );

/** Checks that the price is free, exists at Stripe and fits the product's kind. */
async function checkPrice(
  env: RuntimeEnv,
  scope: Scope,
  { productCode, stripePriceId, kind }: ProductInput,
): Promise<OperatorReply> {
  const owner = await findProductOfPrice(env.DB, scope, stripePriceId);
  if (owner !== null && owner !== productCode) return takenPrice(owner);
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
    ...checkoutDetails(product),
  };
}

function checkoutDetails({ kind, checkout }: ProductInput) {
  if (checkout === undefined) return {};
  return { ...checkout, trialDays: kind === "subscription" ? checkout.trialDays : null };
}

/** Checks that the product that is sold instead of this one can be sold. */
async function checkSellInstead(
  env: RuntimeEnv,
  scope: Scope,
  { productCode, checkout }: ProductInput,
): Promise<OperatorReply> {
  const code = checkout?.sellInstead ?? null;
  if (code === null) return { outcome: "done" };
  const message =
    code === productCode
      ? "Leave blank to sell this product again, or enter the code of another one."
      : "No active product has this code. Enter another one, or leave blank.";
  const found = code === productCode ? null : await readProduct(env.DB, scope, code);
  if (found !== null && found.product.archivedAt === null) return { outcome: "done" };
  return refusal("invalid", message, "checkout.sellInstead");
}

/** Whether the product has this name, price, these terms and, if given, these checkout settings. */
export function hasTerms(row: ProductRow, product: ProductInput): boolean {
  const { kind, name, stripePriceId } = product;
  if (row.kind !== kind || row.name !== name || row.stripePriceId !== stripePriceId) return false;
  const settings = Object.entries(checkoutDetails(product)) as [keyof CheckoutSettings, unknown][];
  if (settings.some(([name, value]) => row[name] !== value)) return false;
  if (product.kind === "time_pass") return row.durationDays === product.durationDays;
  if (product.kind === "usage_pack")
    return row.units === product.units && row.expiresAfterDays === product.expiresAfterDays;
  return true;
}
