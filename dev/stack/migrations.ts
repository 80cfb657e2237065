import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { D1Database } from "@cloudflare/workers-types";
import { rootDir } from "./paths.ts";
import { StackError } from "./stack-error.ts";

export interface Migration {
  /** The file's name, as wrangler records it. */
  name: string;
  statements: string[];
  hash: string;
}

/** All of migrations/*.sql in the order in which wrangler applies them. */
export async function readMigrations(dir: string = join(rootDir, "migrations")): Promise<Migration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(dir, name), "utf8");
      const statements = text
        .split("--> statement-breakpoint")
        .map((statement) => statement.trim())
        .filter((statement) => statement !== "");
      return { name, statements, hash: createHash("sha256").update(text).digest("hex") };
    }),
  );
}

/**
 * Applies what is missing. Each file and its row in `d1_migrations` are one batch, hence one transaction: a kill
 * leaves a file applied and recorded, or neither. The table is wrangler's own, so `wrangler d1 migrations` agrees.
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
  for (const migration of missing) {
    const statements = [
      ...migration.statements.map((statement) => db.prepare(statement)),
      db.prepare("INSERT INTO d1_migrations (name) VALUES (?1)").bind(migration.name),
    ];
    await db.batch(statements).catch((error: Error) => {
      throw new StackError(
        `migrations/${migration.name} cannot be applied, nothing of it was: ${error.message}`,
      );
    });
  }
  return missing.map((migration) => migration.name);
}
