import { and, asc, eq, gt, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/products.ts";
import { products, stripeConnections } from "../../../shared/db/tables/configuration.ts";

/**
 * Returns a page of products by code, after the code `after`, and whether the mode is connected to Stripe.
 */
export async function listProducts(
  db: D1Database,
  scope: Scope,
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
          inScope(scope),
          page.after === undefined ? undefined : gt(products.productCode, page.after),
          page.archived ? undefined : isNull(products.archivedAt),
        ),
      )
      .orderBy(asc(products.productCode))
      .limit(limit),
    database
      .select({ connectionId: stripeConnections.connectionId })
      .from(stripeConnections)
      .where(and(eq(stripeConnections.projectId, scope.projectId), eq(stripeConnections.mode, scope.mode))),
  ]);
  return { products: rows, isConnected: connections.length > 0 };
}
