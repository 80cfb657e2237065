import { type Context, checkAccount, requireDatabase } from "./context.ts";
import { buildWorkerConfigs, configFile, writeWorkerConfigs } from "./worker-configs.ts";

/**
 * Checks that the environment exists and generates its configuration. Returns the configuration with which wrangler finds
 * the database.
 *
 * @throws DeployProblem if the account has no such environment
 */
export async function openEnvironment(context: Context): Promise<string> {
  const { environment, settings } = context;
  await checkAccount(context);
  const databaseId = await requireDatabase(context);
  await writeWorkerConfigs(environment, await buildWorkerConfigs(environment, settings, databaseId));
  return configFile(environment, "licenzy-runtime");
}
