import { createProducts } from "../../../../../shared/contract/operations/price-import.ts";
import { renderRefusalPage } from "../../../components/refusal-page.ts";
import { callOperation } from "../../../http/call-operation.ts";
import { readForm } from "../../../http/form.ts";
import type { PortalContext } from "../../../request-context.ts";
import { renderFreePrices } from "./page.tsx";
import { parseRows } from "./parse-rows.ts";

export const showFreePrices = (c: PortalContext) => renderFreePrices(c);

/** Creates the picked products. Sent again, it creates only what is missing. */
export async function createFromPrices(c: PortalContext) {
  const sent = parseRows(await readForm(c));
  if (sent.products.length === 0) {
    const error =
      sent.errors.size === 0
        ? "Select at least one price."
        : "Nothing was created. Correct the marked products, then create them.";
    return renderFreePrices(c, { sent, error, status: 422 });
  }
  const reply = await callOperation(c, createProducts, { products: sent.products });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return renderFreePrices(c, { sent, results: reply.results });
}
