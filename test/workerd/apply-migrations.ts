import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

const { DB, MIGRATIONS } = env;
await applyD1Migrations(DB, MIGRATIONS);
