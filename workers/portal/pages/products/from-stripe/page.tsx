import { type ImportResult, listFreePrices } from "../../../../../shared/contract/operations/price-import.ts";
import { SubmitButton } from "../../../components/fields.tsx";
import { formatCount } from "../../../components/labels/common.ts";
import { renderPage } from "../../../components/layout.tsx";
import { Card, Empty, NextPage, PageHead } from "../../../components/parts.tsx";
import { Table } from "../../../components/table.tsx";
import { callOperation } from "../../../http/call-operation.ts";
import { buildPath, type PortalContext } from "../../../request-context.ts";
import type { SentRows } from "./parse-rows.ts";
import { Results } from "./results.tsx";
import { PriceRow } from "./row.tsx";

interface FreePricesOptions {
  sent?: SentRows;
  results?: ImportResult[];
  error?: string;
  status?: 200 | 422;
}

/** Lists the account's prices that belong to no product, each with a proposed product. */
export async function renderFreePrices(
  c: PortalContext,
  { sent, results, error, status = 200 }: FreePricesOptions = {},
) {
  const after = c.req.query("after") ?? null;
  const reply = await callOperation(c, listFreePrices, { after });
  const failed = reply.outcome === "refused" ? reply : null;
  const path = buildPath(c, "/products/from-stripe");
  const here = after === null ? path : `${path}?after=${encodeURIComponent(after)}`;
  return renderPage(
    c,
    { title: "Products from Stripe prices", status: failed !== null && results === undefined ? 502 : status },
    <>
      <PageHead
        title="Products from Stripe prices"
        lead={
          <>
            <a href={buildPath(c, "/products")}>Products</a> / Active prices that no product has yet
          </>
        }
      />
      {results === undefined ? null : <Results c={c} results={results} />}
      {error === undefined ? null : (
        <p class="fault" role="alert">
          {error}
        </p>
      )}
      {failed === null ? null : (
        <div class="notice bad" role="alert">
          <p>
            <b>Can't load prices from Stripe.</b> {failed.message} <a href={here}>Load again</a>
          </p>
        </div>
      )}
      {reply.outcome === "done" ? (
        <Card
          title="Prices"
          note={
            reply.mapped === 0 ? undefined : `${formatCount(reply.mapped)} more on this page have a product`
          }
        >
          {reply.prices.length === 0 ? (
            <Empty title={reply.next === null ? "No free prices" : "No free prices on this page"}>
              <p>
                {reply.next === null
                  ? "Every active price here has a product. Create prices in Stripe under Product catalog."
                  : "Every price on this page has a product. The next page may have others."}
              </p>
            </Empty>
          ) : (
            <form method="post" action={here}>
              <Table
                label="Prices"
                columns={[
                  { name: "Create", kind: "pick" },
                  { name: "Stripe price", kind: "title" },
                  "Product code",
                  "Name",
                  "Grants",
                ]}
              >
                {reply.prices.map((price, index) => (
                  <PriceRow
                    price={price}
                    index={index}
                    values={sent?.values.get(price.priceId)}
                    errors={sent?.errors.get(price.priceId) ?? []}
                  />
                ))}
              </Table>
              <div class="pad">
                <p class="hint">
                  Codes can't be changed later. Add an expiry to a usage pack on its page after creating it.
                </p>
                <div class="row">
                  <SubmitButton>Create selected products</SubmitButton>
                  <a class="button" href={buildPath(c, "/products")}>
                    Cancel
                  </a>
                </div>
              </div>
            </form>
          )}
          <NextPage
            href={reply.next === null ? null : `${path}?after=${encodeURIComponent(reply.next)}`}
            shown={reply.prices.length}
          />
        </Card>
      ) : null}
    </>,
  );
}
