import * as products from "../../../../shared/contract/operations/products.ts";
import { readProductTerms } from "../../../../shared/db/product-terms.ts";
import { type ProductRow, readProduct } from "../../../../shared/db/products.ts";
import { mayRun } from "../../auth/may-run.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { ActionButton, emptyForm, type FormState } from "../../components/fields.tsx";
import { kindLabels } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Id, PageHead, Pill } from "../../components/parts.tsx";
import {
  readSamplePricesFlash,
  SamplePricesButton,
  usesPocketStripe,
} from "../../components/sample-prices.tsx";
import { Cell, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { readRollout } from "../../db/product-subscribers.ts";
import { readStripeAccountId } from "../../db/stripe-connection.ts";
import { callOperation } from "../../http/call-operation.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { SignalsCard } from "../signals/card.tsx";
import { AllowanceCard } from "./allowance.tsx";
import { describeCheckout, toCheckoutValues } from "./checkout-fields.tsx";
import { ProductForm } from "./form.tsx";
import { describeProduct } from "./list.tsx";

type Status = 200 | 409 | 422 | 502;

export async function renderNewProductPage(
  c: PortalContext,
  form: FormState = emptyForm,
  status: Status = 200,
) {
  const prices = await listPrices(c);
  return renderPage(
    c,
    { title: "New product", status, ...readSamplePricesFlash(c) },
    <>
      <PageHead title="New product" lead={"Licenzy checks the price in Stripe before saving."} />
      {prices.length === 0 ? await renderSamplePrices(c) : null}
      <Card pad>
        <ProductForm c={c} form={form} prices={prices} product={null} />
      </Card>
    </>,
  );
}

/** Development only: offers prices where the account has none. */
async function renderSamplePrices(c: PortalContext) {
  if (!(await usesPocketStripe(c))) return null;
  const accountId = await readStripeAccountId(c.env.DB, getScope(c));
  if (accountId === null) return null;
  return (
    <div class="notice">
      <p>
        <b>No prices in this account of pocket Stripe yet.</b> Create three to choose from: a monthly
        subscription, 1,000 credits and a day pass.
      </p>
      <div>
        <SamplePricesButton c={c} accountId={accountId} page="/products/new" />
      </div>
    </div>
  );
}

export async function renderProductPage(
  c: PortalContext,
  sent: FormState | null = null,
  status: Status = 200,
  { allowance = emptyForm, signals = null }: { allowance?: FormState; signals?: FormState | null } = {},
) {
  const found = await readProduct(c.env.DB, getScope(c), c.req.param("code") ?? "");
  if (found === null)
    return renderErrorPage(c, 404, "Product not found", "It belongs to another project or mode.");
  const { product, prices: history } = found;
  const now = c.get("now");
  const canChange = mayRun(c, products.editProduct);
  // After a conflict, the form has the current version, so that saving again overwrites it deliberately.
  const values =
    sent === null ? toFormValues(product) : { ...sent.values, version: String(product.updatedAt) };
  const form = { values, errors: sent?.errors ?? {} };
  const path = buildPath(c, `/products/${product.productCode}`);
  const terms = await readProductTerms(c.env.DB, getScope(c), [product.productCode]);
  return renderPage(
    c,
    { title: product.productCode, status },
    <>
      <PageHead
        title={product.productCode}
        mono
        lead={
          <>
            <a href={buildPath(c, "/products")}>Products</a> / {product.name}
          </>
        }
      >
        {product.archivedAt === null ? null : <Pill>Archived</Pill>}
        {canChange ? (
          <ActionButton
            action={`${path}/${product.archivedAt === null ? "archive" : "restore"}`}
            label={product.archivedAt === null ? "Archive product…" : "Restore product"}
            confirms={product.archivedAt === null}
            small={false}
          />
        ) : null}
      </PageHead>
      <div class="cols">
        <div class="stack">
          {canChange ? (
            <Card title="Product details" note="Past purchases keep their terms" pad>
              <ProductForm c={c} form={form} prices={await listPrices(c)} product={product} />
            </Card>
          ) : (
            <Facts product={product} />
          )}
          {product.kind === "subscription" ? (
            <AllowanceCard
              c={c}
              productCode={product.productCode}
              versions={terms.get(product.productCode) ?? []}
              rollout={await readRollout(getData(c), getScope(c), product.productCode)}
              form={allowance}
              canChange={mayRun(c, products.setAllowance)}
            />
          ) : null}
          {
            await SignalsCard({
              c,
              productCode: product.productCode,
              current: product,
              sent: signals,
              hasUnits: product.kind !== "time_pass",
            })
          }
        </div>
        <div class="stack">
          {status === 409 ? <Facts product={product} title="Current values" /> : null}
          <Card title="Price history" note="All of these prices grant this product">
            <Table label="Prices" columns={["Price"]}>
              {history.map(({ stripePriceId, createdAt }) => (
                <Row>
                  <Cell>
                    <Id value={stripePriceId} />{" "}
                    {stripePriceId === product.stripePriceId ? <Pill tone="good">Current</Pill> : null}
                    <div class="quiet">
                      since <Time at={createdAt} now={now} />
                    </div>
                  </Cell>
                </Row>
              ))}
            </Table>
          </Card>
        </div>
      </div>
    </>,
  );
}

function Facts({ product, title = "Product" }: { product: ProductRow; title?: string }) {
  return (
    <Card title={title} pad>
      <dl class="facts">
        <dt>Name</dt>
        <dd>{product.name}</dd>
        <dt>Kind</dt>
        <dd>{kindLabels[product.kind]}</dd>
        <dt>Gives</dt>
        <dd>{describeProduct(product)}</dd>
        <dt>Price</dt>
        <dd>
          <Id value={product.stripePriceId} />
        </dd>
        <dt>Checkout</dt>
        <dd>{describeCheckout(product)}</dd>
      </dl>
    </Card>
  );
}

/** Lists the prices to choose from. The page is shown even when Stripe does not respond. */
async function listPrices(c: PortalContext) {
  const reply = await callOperation(c, products.listPrices, {});
  return reply.outcome === "done" ? reply.prices : `Can't load prices from Stripe: ${reply.message}`;
}

function toFormValues(product: ProductRow): Record<string, string> {
  const { name, kind, stripePriceId, units, durationDays, expiresAfterDays } = product;
  return {
    name,
    kind,
    price: stripePriceId,
    units: String(units ?? ""),
    duration_days: String(durationDays ?? ""),
    expires_after_days: String(expiresAfterDays ?? ""),
    ...toCheckoutValues(product),
  };
}
