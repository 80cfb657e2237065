import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { products, projects, stripeConnections } from "../../../shared/db/tables/configuration.ts";

/** A product beyond these is shown by its code. */
const maxProducts = 1_000;

/** Reads what the way back depends on besides the ledger: products, the success URL and the Stripe connection. */
export async function readRecoveryFacts(db: D1Database, scope: Scope) {
  const database = drizzle(db);
  const [productRows, projectRows, connections] = await database.batch([
    database
      .select({
        productCode: products.productCode,
        name: products.name,
        sellInstead: products.sellInstead,
        archivedAt: products.archivedAt,
      })
      .from(products)
      .where(inScope(products, scope))
      .limit(maxProducts),
    database
      .select({ successUrl: projects.successUrl })
      .from(projects)
      .where(eq(projects.projectId, scope.projectId)),
    database
      .select({ connectionId: stripeConnections.connectionId })
      .from(stripeConnections)
      .where(inScope(stripeConnections, scope)),
  ]);
  return {
    products: new Map(productRows.map((product) => [product.productCode, product])),
    hasSuccessUrl: projectRows[0]?.successUrl != null,
    isConnected: connections.length > 0,
  };
}

export type RecoveryFacts = Awaited<ReturnType<typeof readRecoveryFacts>>;
