import { drizzle } from "drizzle-orm/d1";
import { accounts, productPrices, products, projects } from "./tables/configuration.ts";

export async function insertProject(
  db: D1Database,
  account: typeof accounts.$inferInsert,
  project: typeof projects.$inferInsert,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database.insert(accounts).values(account),
    database.insert(projects).values(project),
  ]);
}

/** The product and its price in one transaction; throws when the code or the price is taken in this project and mode. */
export async function insertProduct(db: D1Database, product: typeof products.$inferInsert): Promise<void> {
  const database = drizzle(db);
  const { projectId, mode, productCode, stripePriceId, createdAt } = product;
  await database.batch([
    database.insert(products).values(product),
    database.insert(productPrices).values({ projectId, mode, stripePriceId, productCode, createdAt }),
  ]);
}
