/**
 * The newest file of `migrations/`, which a worker can't list at run time. A test compares it with the folder
 * (test/unit/newest-migration.test.ts).
 */
export const newestMigration = "0011_subject_jobs.sql";

/**
 * Returns whether the newest migration is applied, by the table that `wrangler d1 migrations apply` keeps. A database that
 * is newer than the worker counts: it has the migration too.
 */
export async function hasNewestMigration(db: D1Database): Promise<boolean> {
  const select = db.prepare("SELECT 1 FROM d1_migrations WHERE name = ?1").bind(newestMigration);
  try {
    return (await select.first()) !== null;
  } catch (error) {
    // Nothing was ever applied.
    if (error instanceof Error && /no such table: d1_migrations/.test(error.message)) return false;
    throw error;
  }
}
