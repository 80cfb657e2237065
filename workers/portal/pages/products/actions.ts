import { productSchema, type ProductInput } from "../../../../shared/contract/operations/products.ts";
import type { Refusal } from "../../../../shared/contract/operations/reply.ts";
import { kinds } from "../../../../shared/contract/words.ts";
import { refusalPage } from "../../components/refusal-page.ts";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { asked, refusedForm, statusOf } from "../../http/outcome.ts";
import { callerOf, type Form, type PortalContext, pathTo, placeOf } from "../../request-context.ts";
import { priceLabel } from "./form.tsx";
import { newProductPage, productPage } from "./page.tsx";

export const showNewProduct = (c: PortalContext) => newProductPage(c);
export const showProduct = (c: PortalContext) => productPage(c);

export async function createProduct(c: PortalContext) {
  const form = await readForm(c);
  const product = readProductForm(form, field(form, "product_code"));
  if ("faults" in product) return newProductPage(c, { values: form, faults: product.faults }, 422);
  const reply = await asked(c.env.RUNTIME.createProduct(callerOf(c), placeOf(c), product));
  if (reply.outcome === "done")
    return redirectWith(c, pathTo(c, "/products"), `${product.productCode} is on sale.`);
  return explain(c, reply, (status) => newProductPage(c, refusedForm(form, reply), status));
}

export async function editProduct(c: PortalContext) {
  const form = await readForm(c);
  const product = readProductForm(form, c.req.param("code") ?? "");
  if ("faults" in product) return productPage(c, { values: form, faults: product.faults }, 422);
  const edit = { product, version: Number(form["version"]) };
  const reply = await asked(c.env.RUNTIME.editProduct(callerOf(c), placeOf(c), edit));
  if (reply.outcome === "done")
    return redirectWith(c, pathTo(c, `/products/${product.productCode}`), "The product is saved.");
  return explain(c, reply, (status) => productPage(c, refusedForm(form, reply), status));
}

export const archiveProduct = (c: PortalContext) => setArchived(c, true);
export const restoreProduct = (c: PortalContext) => setArchived(c, false);

async function setArchived(c: PortalContext, archived: boolean) {
  const productCode = c.req.param("code") ?? "";
  const change = { productCode, archived };
  const reply = await asked(c.env.RUNTIME.archiveProduct(callerOf(c), placeOf(c), change));
  if (reply.outcome === "refused") return refusalPage(c, reply);
  const text = archived
    ? `${productCode} is archived: it is sold no more, and who bought it keeps it.`
    : `${productCode} is on sale again.`;
  return redirectWith(c, pathTo(c, "/products"), text);
}

/** What the form shows while a price is typed: the price as Stripe has it, or what is wrong with it. */
export async function lookUpPrice(c: PortalContext) {
  const { price = "", kind: word } = c.req.query();
  const kind = kinds.find((candidate) => candidate === word) ?? "usage_pack";
  const reply = await asked(c.env.RUNTIME.lookUpPrice(callerOf(c), placeOf(c), { priceId: price, kind }));
  return reply.outcome === "done"
    ? c.json({ ok: true, text: priceLabel(reply.price) })
    : c.json({ ok: false, text: reply.message });
}

function explain<T>(c: PortalContext, reply: Refusal, show: (status: 409 | 422 | 502) => T) {
  const status = statusOf(reply);
  return status === 409 || status === 422 || status === 502 ? show(status) : refusalPage(c, reply);
}

function readProductForm(form: Form, productCode: string): ProductInput | { faults: Record<string, string> } {
  const parsed = productSchema.safeParse({
    productCode,
    name: field(form, "name"),
    stripePriceId: field(form, "price"),
    kind: form["kind"],
    units: field(form, "units"),
    durationDays: field(form, "duration_days"),
    expiresAfterDays: field(form, "expires_after_days") || null,
  });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    ({ path }) => faultOf[String(path[0])] ?? (["", "The form is damaged."] as const),
  );
  return { faults: Object.fromEntries(faults) };
}

const faultOf: Record<string, readonly [string, string]> = {
  productCode: ["product_code", "1 to 64 characters of A-Z, 0-9 and _, for example CREDITS_1000."],
  name: ["name", "Give it a name of 1 to 120 characters."],
  stripePriceId: [
    "price",
    "A price's id is needed: it begins with price_ and stands on the price's page in Stripe.",
  ],
  kind: ["kind", "Choose what kind of product it is."],
  units: ["units", "How many units does a pack hold? A whole number from 1."],
  durationDays: ["duration_days", "How many days does a pass last? A whole number from 1 to 36,500."],
  expiresAfterDays: ["expires_after_days", "A whole number of days from 1 to 36,500, or nothing."],
};
