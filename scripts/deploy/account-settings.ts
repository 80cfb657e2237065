import type { Context } from "./context.ts";
import { readDatabases } from "./databases.ts";
import { readSettings, sharedSettingsSchema } from "./environment.ts";
import { parseJson } from "./parse-json.ts";
import { sql } from "./sql.ts";
import { buildWorkerConfigs, configFile, writeWorkerConfigs } from "./worker-configs.ts";

/**
 * The settings of an environment are also in its database. A deployment from another checkout, or from CI, would otherwise
 * deploy with the defaults, and for example turn mail off.
 */

/** Returns the context with what is given now, else what the account remembers, else what this checkout does. */
export async function recallSettings(context: Context): Promise<Context> {
  const { environment, options } = context;
  const stored = await readStored(context);
  if (stored === null) return context;
  return { ...context, settings: await readSettings(environment, { ...stored, ...options.settings }) };
}

/** Returns `null` if the account has no settings, or none that this release knows. */
async function readStored(context: Context) {
  const { account, environment, settings, database } = context;
  const databases = await readDatabases(context);
  if (databases[0]?.id === undefined) return null;
  await writeWorkerConfigs(environment, await buildWorkerConfigs(environment, settings, databases));
  const config = configFile(environment, "licenzy-runtime");
  const [table] = await account.query(config, database, sql.findSettingsTable);
  if (table === undefined) return null;
  const [row] = await account.query(config, database, sql.readSettings);
  return sharedSettingsSchema.safeParse(parseJson(String(row?.["settings"]))).data ?? null;
}

/** Stores the settings, but for the folder of secrets, which is one machine's. Call it while the lock is held. */
export async function storeSettings({ account, environment, settings, database }: Context): Promise<void> {
  const { secrets: _, ...shared } = settings;
  const statement = `${sql.createSettings}; ${sql.storeSettings(JSON.stringify(shared))}`;
  await account.query(configFile(environment, "licenzy-runtime"), database, statement);
}
