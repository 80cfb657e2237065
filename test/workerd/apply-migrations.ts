import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { dropControlTables } from "../../dev/gateway/drop-control-tables.ts";
import { dataByNumber } from "../../shared/db/databases.ts";

const { DB, MIGRATIONS } = env;
await applyD1Migrations(DB, MIGRATIONS);
const second = dataByNumber(env, 1);
if (await isEmpty(second)) {
  await applyD1Migrations(second, MIGRATIONS);
  await dropControlTables(second);
}

async function isEmpty(db: D1Database): Promise<boolean> {
  return (await db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'subjects'").first()) === null;
}
