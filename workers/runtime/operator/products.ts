import {
  type OperatorCaller,
  type OperatorReply,
  type OperatorRpc,
  type Place,
  type PriceView,
  type ProductInput,
  productSchema,
  refusal,
} from "../../../shared/contract/operator.ts";
import type { Kind } from "../../../shared/contract/words.ts";
import type { Actor } from "../../../shared/db/audit.ts";
import { authorize } from "../../../shared/db/authorize.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { addProduct, changeProduct, ownerOfPrice, readProduct } from "../../../shared/db/products.ts";
import type { RuntimeEnv } from "../env.ts";
import { fetchPrice, fetchPrices } from "./prices.ts";

export async function listPrices(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
): ReturnType<OperatorRpc["listPrices"]> {
  const permit = await authorize(env, caller, { role: "admin", place });
  return permit.outcome === "refused" ? permit : fetchPrices(env, place);
}

export async function lookUpPrice(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  { priceId, kind }: { priceId: string; kind: Kind },
): ReturnType<OperatorRpc["lookUpPrice"]> {
  const permit = await authorize(env, caller, { role: "admin", place });
  if (permit.outcome === "refused") return permit;
  const found = await fetchPrice(env, place, priceId);
  if (found.outcome === "refused") return found;
  const fault = priceFault(found.price, kind);
  return fault === null ? found : refusal("invalid", fault, "price");
}

export async function createProduct(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  input: ProductInput,
): Promise<OperatorReply> {
  const permit = await authorize(env, caller, { role: "admin", place });
  return permit.outcome === "refused" ? permit : makeProduct(env, place, input, permit);
}

/** Makes a product whose price Stripe knows and can sell as its kind. Without an actor no audit row is written. */
export async function makeProduct(
  env: RuntimeEnv,
  place: Place,
  input: ProductInput,
  { actor, now }: { actor: Actor | null; now: number },
): Promise<OperatorReply> {
  const checked = await checkProduct(env, place, input);
  if (checked.outcome === "refused") return checked;
  const { productCode, name, kind, stripePriceId } = checked.product;
  const exists = refusal(
    "conflict",
    `There is a product ${productCode} already in ${place.mode} mode. Codes are never given twice, also not after archiving.`,
    "product_code",
  );
  if ((await d1(readProduct(env.DB, place, productCode))) !== null) return exists;
  const row = { ...place, productCode, name, kind, stripePriceId, ...detailsOf(checked.product) };
  try {
    await d1(addProduct(env.DB, actor, { ...row, createdAt: now, updatedAt: now }));
  } catch (error) {
    // The other of two forms that were sent at the same moment: the row is there now. Anything else is thrown on.
    if ((await d1(readProduct(env.DB, place, productCode))) !== null) return exists;
    throw error;
  }
  return { outcome: "done" };
}

export async function editProduct(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  { product: input, version }: { product: ProductInput; version: number },
): Promise<OperatorReply> {
  const permit = await authorize(env, caller, { role: "admin", place });
  if (permit.outcome === "refused") return permit;
  const { now, actor } = permit;
  const checked = await checkProduct(env, place, input);
  if (checked.outcome === "refused") return checked;
  const { product } = checked;
  const found = await d1(readProduct(env.DB, place, product.productCode));
  if (found === null) return unknownProduct;
  if (found.product.kind !== product.kind)
    return refusal("invalid", "The kind of a product can't be changed. Create another product.", "kind");
  const edited = refusal(
    "conflict",
    "Somebody else changed this product since you opened it. Below is what you entered; what stands now is beside it. Save again to put yours in its place.",
  );
  if (found.product.updatedAt !== version) return edited;
  const { name, stripePriceId } = product;
  const priceChange = stripePriceId === found.product.stripePriceId ? {} : { stripePriceId };
  const change = { name, ...priceChange, ...detailsOf(product) };
  const later = Math.max(now, version + 1);
  const isDone = await d1(changeProduct(env.DB, actor, found.product, "product.edit", change, later));
  return isDone ? { outcome: "done" } : edited;
}

/** An archived product is sold no more; whoever bought it keeps what they bought. */
export async function archiveProduct(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  { productCode, archived }: { productCode: string; archived: boolean },
): Promise<OperatorReply> {
  const permit = await authorize(env, caller, { role: "admin", place });
  if (permit.outcome === "refused") return permit;
  const found = await d1(readProduct(env.DB, place, productCode));
  if (found === null) return unknownProduct;
  if ((found.product.archivedAt !== null) === archived) return { outcome: "done" };
  const action = archived ? "product.archive" : "product.restore";
  const change = { archivedAt: archived ? permit.now : null };
  const later = Math.max(permit.now, found.product.updatedAt + 1);
  const isDone = await d1(changeProduct(env.DB, permit.actor, found.product, action, change, later));
  if (isDone) return { outcome: "done" };
  return refusal(
    "conflict",
    "Somebody else changed this product at the same moment. Look at it, then try again.",
  );
}

const unknownProduct = refusal("not_found", "There is no such product in this project and mode.");

/** Everything that is asked of a product before it is written: the form, and its price here and at Stripe. */
async function checkProduct(
  env: RuntimeEnv,
  place: Place,
  input: ProductInput,
): Promise<OperatorReply<{ product: ProductInput }>> {
  const parsed = productSchema.safeParse(input);
  if (!parsed.success) return refusal("invalid", "The form is damaged: load the page again.");
  const product = parsed.data;
  const owner = await d1(ownerOfPrice(env.DB, place, product.stripePriceId));
  if (owner !== null && owner !== product.productCode)
    return refusal(
      "invalid",
      `This price belongs to the product ${owner} already. A price belongs to one product for good: choose or create another price in Stripe.`,
      "price",
    );
  const found = await fetchPrice(env, place, product.stripePriceId);
  if (found.outcome === "refused") return found;
  const fault = priceFault(found.price, product.kind);
  return fault === null ? { outcome: "done", product } : refusal("invalid", fault, "price");
}

/** Why a price can't be sold as this kind, or `null`. */
function priceFault(price: PriceView, kind: Kind): string | null {
  const { id, active, interval } = { id: price.priceId, ...price };
  if (!active) return `The price ${id} is archived in Stripe. Choose an active one.`;
  if (kind === "subscription" && interval === null)
    return `The price ${id} is paid once, but a subscription needs a recurring price.`;
  if (kind !== "subscription" && interval !== null)
    return `The price ${id} is paid every ${interval}, but this kind of product is paid once. Choose a one-time price, or make it a subscription.`;
  return null;
}

function detailsOf(product: ProductInput) {
  return {
    units: product.kind === "usage_pack" ? product.units : null,
    durationDays: product.kind === "time_pass" ? product.durationDays : null,
    expiresAfterDays: product.kind === "usage_pack" ? product.expiresAfterDays : null,
  };
}
