import { and, asc, eq, gt, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../contract/words.ts";
import { type Actor, auditIfChanged, auditStatement } from "./audit.ts";
import { productPrices, products, stripeConnections } from "./tables/configuration.ts";

export type ProductRow = typeof products.$inferSelect;

interface Place {
  projectId: string;
  mode: Mode;
}

const ofPlace = ({ projectId, mode }: Place) =>
  and(eq(products.projectId, projectId), eq(products.mode, mode));

/** A page of products by code, after the code `after`, and whether the mode is connected to Stripe. */
export async function listProducts(
  db: D1Database,
  place: Place,
  page: { after?: string; archived: boolean },
  limit: number,
) {
  const database = drizzle(db);
  const [rows, connections] = await database.batch([
    database
      .select()
      .from(products)
      .where(
        and(
          ofPlace(place),
          page.after === undefined ? undefined : gt(products.productCode, page.after),
          page.archived ? undefined : isNull(products.archivedAt),
        ),
      )
      .orderBy(asc(products.productCode))
      .limit(limit),
    database
      .select({ connectionId: stripeConnections.connectionId })
      .from(stripeConnections)
      .where(and(eq(stripeConnections.projectId, place.projectId), eq(stripeConnections.mode, place.mode))),
  ]);
  return { products: rows, isConnected: connections.length > 0 };
}

/** The product with every price it has had, newest first. */
export async function readProduct(db: D1Database, place: Place, productCode: string) {
  const database = drizzle(db);
  const [rows, prices] = await database.batch([
    database
      .select()
      .from(products)
      .where(and(ofPlace(place), eq(products.productCode, productCode))),
    database
      .select()
      .from(productPrices)
      .where(
        and(
          eq(productPrices.projectId, place.projectId),
          eq(productPrices.mode, place.mode),
          eq(productPrices.productCode, productCode),
        ),
      )
      .orderBy(sql`created_at DESC`),
  ]);
  const product = rows[0];
  return product === undefined ? null : { product, prices };
}

/** Which product a price belongs to in this project and mode; a price belongs to one for good. */
export async function ownerOfPrice(
  db: D1Database,
  place: Place,
  stripePriceId: string,
): Promise<string | null> {
  const rows = await drizzle(db)
    .select({ productCode: productPrices.productCode })
    .from(productPrices)
    .where(
      and(
        eq(productPrices.projectId, place.projectId),
        eq(productPrices.mode, place.mode),
        eq(productPrices.stripePriceId, stripePriceId),
      ),
    );
  return rows[0]?.productCode ?? null;
}

/** Product, price and, with an actor, audit in one transaction; throws when the code or the price was taken meanwhile. */
export async function addProduct(
  db: D1Database,
  actor: Actor | null,
  product: typeof products.$inferInsert,
): Promise<void> {
  const database = drizzle(db);
  const { projectId, mode, productCode, stripePriceId, createdAt, updatedAt: _, ...rest } = product;
  const after = { ...rest, stripePriceId };
  const entry = {
    at: createdAt,
    action: "product.create" as const,
    target: productCode,
    projectId,
    mode,
    after,
  };
  await database.batch([
    database.insert(products).values(product),
    database.insert(productPrices).values({ projectId, mode, stripePriceId, productCode, createdAt }),
    ...(actor === null ? [] : [auditStatement(database, { ...entry, actor })]),
  ]);
}

export type ProductChange = Partial<
  Pick<ProductRow, "name" | "stripePriceId" | "units" | "durationDays" | "expiresAfterDays" | "archivedAt">
>;

/**
 * Changes the product if its `updated_at` is still `product.updatedAt`. Returns whether it was. A new price is attached
 * to it; former ones stay, so that old subscribers keep their product.
 */
export async function changeProduct(
  db: D1Database,
  actor: Actor,
  product: ProductRow,
  action: "product.edit" | "product.archive" | "product.restore",
  change: ProductChange,
  now: number,
): Promise<boolean> {
  const database = drizzle(db);
  const { projectId, mode, productCode } = product;
  const before = Object.fromEntries(
    Object.keys(change).map((key) => [key, product[key as keyof ProductRow]]),
  );
  const { stripePriceId } = change;
  const entry = { actor, at: now, action, target: productCode, projectId, mode };
  const [{ meta }] = await database.batch([
    database
      .update(products)
      .set({ ...change, updatedAt: now })
      .where(
        and(
          ofPlace(product),
          eq(products.productCode, productCode),
          eq(products.updatedAt, product.updatedAt),
        ),
      ),
    auditIfChanged(database, { ...entry, before, after: change }),
    ...(stripePriceId === undefined
      ? []
      : [
          // Only if the audit row was written. A price that another product took meanwhile fails the whole batch.
          database.insert(productPrices).select(
            sql`SELECT ${projectId}, ${mode}, ${stripePriceId}, ${productCode}, ${now} WHERE changes() > 0
              AND NOT EXISTS (SELECT 1 FROM product_prices WHERE project_id = ${projectId} AND mode = ${mode}
                AND stripe_price_id = ${stripePriceId} AND product_code = ${productCode})`,
          ),
        ]),
  ]);
  return meta.changes > 0;
}
