import { and, asc, gt, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
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
          inScope(products, scope),
          page.after === undefined ? undefined : gt(products.productCode, page.after),
          page.archived ? undefined : isNull(products.archivedAt),
        ),
      )
      .orderBy(asc(products.productCode))
      .limit(limit),
    database
      .select({ connectionId: stripeConnections.connectionId })
      .from(stripeConnections)
      .where(inScope(stripeConnections, scope)),
  ]);
  return { products: rows, isConnected: connections.length > 0 };
}
