import { type Context, checkAccount, requireDatabase } from "./context.ts";
import { type EnvironmentDatabase, readDatabases } from "./databases.ts";
import { buildWorkerConfigs, configFile, writeWorkerConfigs } from "./worker-configs.ts";

/**
 * Checks that the environment exists and generates its configuration. Returns the configuration with which wrangler finds
 * the databases, and these.
 *
 * @throws DeployProblem if the account has no such environment
 */
export async function openEnvironment(
  context: Context,
): Promise<{ config: string; databases: EnvironmentDatabase[] }> {
  const { environment, settings } = context;
  await checkAccount(context);
  await requireDatabase(context);
  const databases = await readDatabases(context);
  await writeWorkerConfigs(environment, await buildWorkerConfigs(environment, settings, databases));
  return { config: configFile(environment, "licenzy-runtime"), databases };
}
