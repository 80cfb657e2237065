import { createProduct } from "../../../../shared/contract/operations/products.ts";
import type { ProductRow } from "../../../../shared/db/products.ts";
import { mayRun } from "../../auth/may-run.ts";
import { capitalize, formatCount, formatUnits, kindLabels } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, Id, NextPage, PageHead, Pill } from "../../components/parts.tsx";
import { Cell, Row, Table } from "../../components/table.tsx";
import { Time } from "../../components/time.tsx";
import { listProducts } from "../../db/products.ts";
import { buildPath, getScope, type PortalContext } from "../../request-context.ts";

const perPage = 50;

export async function showProducts(c: PortalContext) {
  const after = c.req.query("after");
  const archived = c.req.query("archived") === "1";
  const filter = { archived, ...(after === undefined ? {} : { after }) };
  const { products: rows, isConnected } = await listProducts(c.env.DB, getScope(c), filter, perPage + 1);
  const products = rows.slice(0, perPage);
  const canChange = mayRun(c, createProduct);
  const path = buildPath(c, "/products");
  const flag = archived ? "&archived=1" : "";
  const next = rows.length > perPage ? `${path}?after=${products.at(-1)?.productCode}${flag}` : null;
  return renderPage(
    c,
    { title: "Products" },
    <>
      <PageHead title="Products" lead="Map Stripe prices to access.">
        <a class="button" href={archived ? path : `${path}?archived=1`}>
          {archived ? "Hide archived products" : "Show archived products"}
        </a>
        {canChange && isConnected ? (
          <>
            <a class="button" href={`${path}/from-stripe`}>
              Create from Stripe prices
            </a>
            <a class="button primary" href={`${path}/new`}>
              New product
            </a>
          </>
        ) : null}
      </PageHead>
      <Card>
        {products.length > 0 ? (
          <Table label="Products" columns={["Product", "Kind", "Grants", "Stripe price", "Updated"]}>
            {products.map((product) => (
              <ListedProduct c={c} product={product} />
            ))}
          </Table>
        ) : (
          <NoProducts c={c} isConnected={isConnected} canChange={canChange} />
        )}
        <NextPage href={next} shown={products.length} />
      </Card>
    </>,
  );
}

function NoProducts({
  c,
  isConnected,
  canChange,
}: {
  c: PortalContext;
  isConnected: boolean;
  canChange: boolean;
}) {
  const mode = c.get("mode");
  if (!isConnected)
    return (
      <Empty title="Connect Stripe first">
        <p>A product needs a price of your Stripe account. Stripe is not connected in {mode} mode yet.</p>
        {canChange ? (
          <a class="button primary" href={buildPath(c, "/stripe")}>
            Connect Stripe
          </a>
        ) : null}
      </Empty>
    );
  return (
    <Empty title={`No product in ${mode} mode yet`}>
      <p>A product maps a Stripe price to a subscription, days of access, or units.</p>
      {canChange ? (
        <div class="row">
          <a class="button primary" href={buildPath(c, "/products/new")}>
            Create product
          </a>
          <a class="button" href={buildPath(c, "/products/from-stripe")}>
            Create from Stripe prices
          </a>
        </div>
      ) : null}
    </Empty>
  );
}

function ListedProduct({ c, product }: { c: PortalContext; product: ProductRow }) {
  return (
    <Row>
      <Cell class="wrap">
        <a href={buildPath(c, `/products/${product.productCode}`)}>
          <b>{product.name}</b>
        </a>{" "}
        {product.archivedAt === null ? null : <Pill>Archived</Pill>}
        <small class="mono">{product.productCode}</small>
      </Cell>
      <Cell>{kindLabels[product.kind]}</Cell>
      <Cell>{capitalize(describeProduct(product))}</Cell>
      <Cell>
        <Id value={product.stripePriceId} />
      </Cell>
      <Cell>
        <Time at={product.updatedAt} now={c.get("now")} />
      </Cell>
    </Row>
  );
}

const formatDays = (value: number): string => `${formatCount(value)} day${value === 1 ? "" : "s"}`;

/** Describes what a product gives, such as `1,000 units, usable for 90 days`. */
export function describeProduct({
  kind,
  units,
  durationDays,
  expiresAfterDays,
}: Pick<ProductRow, "kind" | "units" | "durationDays" | "expiresAfterDays">): string {
  if (kind === "subscription") return "access while paid";
  if (kind === "time_pass") return `${formatDays(durationDays ?? 0)} of access`;
  return `${formatUnits(units ?? 0)}${expiresAfterDays === null ? "" : `, usable for ${formatDays(expiresAfterDays)}`}`;
}
