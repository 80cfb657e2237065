/** Tables of the control database that a query about a project's data could name by mistake. */
const controlTables = [
  "projects",
  "accounts",
  "products",
  "product_prices",
  "product_terms",
  "stripe_connections",
  "api_keys",
  "members",
  "operators",
  "operator_sessions",
  "audit_log",
  "sweep_troubles",
];

/**
 * Drops the tables of the control database from another data database, where they are empty: a query that names one there
 * by mistake then fails at once. For tests, after the migrations.
 */
export async function dropControlTables(db: D1Database): Promise<void> {
  await db.batch(controlTables.map((table) => db.prepare(`DROP TABLE IF EXISTS ${table}`)));
}
