import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Migration } from "../gateway/apply-migrations.ts";
import { rootDir } from "./paths.ts";
import { StackError } from "./stack-error.ts";

export interface MigrationFile extends Migration {
  hash: string;
}

/** Reads migrations/*.sql in the order in which wrangler applies them. */
export async function readMigrations(dir: string = join(rootDir, "migrations")): Promise<MigrationFile[]> {
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
 * Applies the missing migrations in one call to a worker that binds the database. `url` takes them as JSON.
 */
export async function applyMigrations(url: string, migrations: Migration[]): Promise<void> {
  const reply = await fetch(url, { method: "POST", body: JSON.stringify(migrations) });
  if (reply.ok) {
    await reply.arrayBuffer();
    return;
  }
  const { message } = (await reply.json()) as { message: string };
  throw new StackError(message);
}
