export interface Migration {
  /** The file name, as wrangler records it. */
  name: string;
  statements: string[];
}

/**
 * Applies the missing migrations and returns their names. Each file and its row in `d1_migrations` are one
 * batch, hence one transaction. A kill leaves a file applied and recorded, or neither. The table is
 * wrangler's own, so `wrangler d1 migrations` agrees.
 *
 * Runs inside workerd. From Node, every `prepare` is a synchronous call through Miniflare's proxy. On a
 * loaded machine, 1 start in 11 failed because the proxy ended.
 */
export async function applyMigrations(db: D1Database, migrations: Migration[]): Promise<string[]> {
  await db
    .prepare(
      "CREATE TABLE IF NOT EXISTS d1_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
    )
    .run();
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(results.map((row) => row.name));
  const missing = migrations.filter((migration) => !applied.has(migration.name));
  for (const { name, statements } of missing) {
    const batch = [
      ...statements.map((statement) => db.prepare(statement)),
      db.prepare("INSERT INTO d1_migrations (name) VALUES (?1)").bind(name),
    ];
    await db.batch(batch).catch((error: Error) => {
      throw new Error(
        `migrations/${name} can't be applied. No statement of the file took effect: ${error.message}`,
      );
    });
  }
  return missing.map(({ name }) => name);
}

export interface SetupState {
  /** Whether the database has a project. */
  has_projects: boolean;
  /** Whether the portal has its first owner. */
  is_set_up: boolean;
}

export async function readSetupState(db: D1Database): Promise<SetupState> {
  const row = await db
    .prepare(
      "SELECT EXISTS (SELECT 1 FROM projects) AS has_projects, EXISTS (SELECT 1 FROM setups) AS is_set_up",
    )
    .first<{ has_projects: number; is_set_up: number }>();
  return { has_projects: row?.has_projects === 1, is_set_up: row?.is_set_up === 1 };
}
