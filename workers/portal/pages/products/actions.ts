import { entitlementKinds } from "../../../../shared/contract/enums.ts";
import * as products from "../../../../shared/contract/operations/products.ts";
import { productSchema } from "../../../../shared/contract/operations/products.ts";
import type { Refusal } from "../../../../shared/contract/operations/reply.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation, parseForm, toHttpStatus, toRefusedForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm, readVersion } from "../../http/form.ts";
import { buildPath, type Form, type PortalContext } from "../../request-context.ts";
import { formatPrice } from "./form.tsx";
import { renderNewProductPage, renderProductPage } from "./page.tsx";

const fieldNames = {
  stripePriceId: "price",
  "checkout.sellInstead": "sell_instead",
  "checkout.locale": "locale",
  "checkout.trialDays": "trial_days",
};

export const showNewProduct = (c: PortalContext) => renderNewProductPage(c);
export const showProduct = (c: PortalContext) => renderProductPage(c);

export async function createProduct(c: PortalContext) {
  const form = await readForm(c);
  const parsed = readProductForm(form, readField(form, "product_code"));
  if (parsed.outcome === "invalid")
    return renderNewProductPage(c, { values: form, errors: parsed.errors }, 422);
  const product = parsed.input;
  const reply = await callOperation(c, products.createProduct, product);
  if (reply.outcome === "done")
    return redirectWith(c, buildPath(c, "/products"), `${product.productCode} is ready to sell.`);
  return showRefusal(c, reply, (status) =>
    renderNewProductPage(c, toRefusedForm(form, reply, fieldNames), status),
  );
}

export async function editProduct(c: PortalContext) {
  const form = await readForm(c);
  const parsed = readProductForm(form, c.req.param("code") ?? "");
  if (parsed.outcome === "invalid") return renderProductPage(c, { values: form, errors: parsed.errors }, 422);
  const product = parsed.input;
  const edit = { product, version: readVersion(form) };
  const reply = await callOperation(c, products.editProduct, edit);
  if (reply.outcome === "done")
    return redirectWith(c, buildPath(c, `/products/${product.productCode}`), "Product saved.");
  return showRefusal(c, reply, (status) =>
    renderProductPage(c, toRefusedForm(form, reply, fieldNames), status),
  );
}

export function confirmArchiving(c: PortalContext): Confirmation {
  const productCode = c.req.param("code") ?? "";
  return {
    title: `Archive ${productCode}?`,
    text: "New checkouts for it are refused. Customers who bought it keep their access. You can restore it.",
    button: "Archive product",
    back: buildPath(c, `/products/${productCode}`),
  };
}

export const archiveProduct = (c: PortalContext) => setArchived(c, true);
export const restoreProduct = (c: PortalContext) => setArchived(c, false);

async function setArchived(c: PortalContext, archived: boolean) {
  const productCode = c.req.param("code") ?? "";
  const change = { productCode, archived };
  const reply = await callOperation(c, products.archiveProduct, change);
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const text = archived
    ? `${productCode} is archived. Customers who bought it keep their access.`
    : `${productCode} is restored.`;
  return redirectWith(c, buildPath(c, "/products"), text);
}

/**
 * Returns the price as Stripe describes it, or what is wrong with it. The form shows it while the operator
 * types.
 */
export async function lookUpPrice(c: PortalContext) {
  const { price = "", kind: word } = c.req.query();
  const kind = entitlementKinds.find((candidate) => candidate === word) ?? "usage_pack";
  const reply = await callOperation(c, products.lookUpPrice, { priceId: price, kind });
  return reply.outcome === "done"
    ? c.json({ ok: true, text: formatPrice(reply.price) })
    : c.json({ ok: false, text: reply.message });
}

function showRefusal<T>(c: PortalContext, reply: Refusal, show: (status: 409 | 422 | 502) => T) {
  const status = toHttpStatus(reply);
  return status === 409 || status === 422 || status === 502 ? show(status) : renderRefusalPage(c, reply);
}

function readProductForm(form: Form, productCode: string) {
  const fields = {
    productCode,
    name: readField(form, "name"),
    stripePriceId: readField(form, "price"),
    kind: form["kind"],
    units: readField(form, "units"),
    durationDays: readField(form, "duration_days"),
    expiresAfterDays: readField(form, "expires_after_days") || null,
    checkout: {
      sellInstead: readField(form, "sell_instead") || null,
      promotionCodes: form["checkout_promotion_codes"] === "on",
      collectsTax: form["checkout_collects_tax"] === "on",
      locale: readField(form, "locale") || null,
      trialDays: readField(form, "trial_days") || null,
    },
  };
  return parseForm(productSchema, fields, fieldNames);
}
