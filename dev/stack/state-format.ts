import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MigrationFile } from "./migrations.ts";
import { writePrivateFile } from "./secrets.ts";
import { StackError } from "./stack-error.ts";

/**
 * Raise it when the layout of the state folder or of a Durable Object changes so that old state cannot be
 * read.
 */
const formatVersion = 4;

interface StateFormat {
  version: number;
  /** The hash of each applied migration file. Before a release, migrations are still rewritten. */
  migrations: Record<string, string>;
  /** How many data databases there are. Missing in older state: 1. */
  databases?: number;
}

const help = "It holds development data only: run `npm run reset`, then start again.";

/**
 * Refuses state that this tree cannot read, in one sentence, before a worker fails on it. Call `record` once
 * the migrations are applied.
 */
export async function openStateFormat(
  stateDir: string,
  migrations: MigrationFile[],
  databasesWanted: number,
) {
  const file = join(stateDir, "format.json");
  const found = existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as StateFormat) : undefined;
  if (found === undefined && ["d1", "v3"].some((folder) => existsSync(join(stateDir, folder)))) {
    // The file is written before workerd runs for the first time, so the format of data without it is
    // unknown.
    throw new StackError(`The state in ${stateDir} was written by an older version. ${help}`);
  }
  if (found !== undefined && found.version !== formatVersion) {
    throw new StackError(
      `The state in ${stateDir} has format ${found.version}, this needs ${formatVersion}. ${help}`,
    );
  }
  const known = new Map(migrations.map((migration) => [migration.name, migration.hash]));
  for (const [name, hash] of Object.entries(found?.migrations ?? {})) {
    if (known.get(name) !== hash) {
      const what = known.has(name) ? "has changed since it was applied to" : "is gone but was applied to";
      throw new StackError(`migrations/${name} ${what} the state in ${stateDir}. ${help}`);
    }
  }
  // Projects stay where they are.
  const databases = Math.max(databasesWanted, found?.databases ?? 1);
  const write = (applied: Record<string, string>) =>
    writePrivateFile(
      file,
      JSON.stringify({ version: formatVersion, migrations: applied, databases }, null, 2),
    );
  if (found === undefined) await write({});
  return { databases, record: () => write(Object.fromEntries(known)) };
}
