/**
 * The newest file of `migrations/`, which a worker can't list at run time. A test compares it with the folder
 * (test/unit/newest-migration.test.ts).
 */
export const newestMigration = "0030_audit_outbox.sql";

/**
 * Returns whether the newest migration is applied, by the table that `wrangler d1 migrations apply` keeps. A database that
 * is newer than the worker counts: it has the migration too.
 */
export async function hasNewestMigration(db: D1Database): Promise<boolean> {
  // Without this table nothing was ever applied, and selecting from it would fail like an outage.
  const table = await db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'd1_migrations'").first();
  if (table === null) return false;
  const select = db.prepare("SELECT 1 FROM d1_migrations WHERE name = ?1").bind(newestMigration);
  return (await select.first()) !== null;
}
