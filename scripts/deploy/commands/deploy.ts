import { recallSettings, storeSettings } from "../account-settings.ts";
import { type Context, checkAccount, requireDatabase } from "../context.ts";
import { readDatabases } from "../databases.ts";
import { originOf, writeSettings } from "../environment.ts";
import { DeployLock } from "../lock.ts";
import { workers } from "../names.ts";
import { readRelease } from "../release.ts";
import { SecretsCopy, setupToken } from "../secrets.ts";
import {
  databaseStep,
  hasOwner,
  migrationsStep,
  queueSteps,
  type Step,
  secretsStep,
  setupTokenStep,
  workerStep,
} from "../steps.ts";
import { waitForRelease } from "../verify.ts";
import { buildWorkerConfigs, writeWorkerConfigs } from "../worker-configs.ts";

/**
 * Installs this checkout's release in an environment: creates what is missing, applies migrations, deploys the workers in
 * the order of their bindings. Each step first reads whether it is done, so a second run changes nothing, and a run after
 * an interruption continues.
 */
export async function deploy(opened: Context): Promise<void> {
  await checkAccount(opened);
  const context = await recallSettings(opened);
  const { environment, settings, options, print } = context;
  const wanted = await readDatabases(context);
  if (!options.dryRun) await writeSettings(environment, settings);
  for (const database of wanted) await take(context, databaseStep(context, database));

  const databases = await readDatabases(context);
  const configs = await buildWorkerConfigs(environment, settings, databases);
  const release = await readRelease(configs);
  await writeWorkerConfigs(environment, configs);
  const steps = [
    ...queueSteps(context),
    ...databases.map(({ name }) => migrationsStep(context, name)),
    ...workers.map((worker) => secretsStep(context, worker)),
    ...workers.map((worker) => workerStep(context, worker, release)),
    setupTokenStep(context),
  ];
  if (options.dryRun) {
    for (const step of steps) await take(context, step);
    print("This was a dry run: nothing was changed.");
    return;
  }

  await requireDatabase(context);
  // Refuse a database of others before the lock writes into it.
  for (const { name } of databases) await migrationsStep(context, name).inspect();
  await DeployLock.hold(context, async () => {
    await storeSettings(context);
    for (const step of steps) await take(context, step);
  });
  await waitForRelease(context, release);
  print(`Deployed: ${originOf(settings)}`);
  if (!(await hasOwner(context))) await printSetup(context);
}

async function take({ options, print }: Context, step: Step): Promise<void> {
  const found = await step.inspect();
  if ("done" in found) return print(`= ${found.done}`);
  print(`+ ${found.todo}`);
  if (!options.dryRun) await found.apply();
}

async function printSetup({ settings, environment, print }: Context): Promise<void> {
  const page = `${originOf(settings)}/setup`;
  const copy = settings.secrets === null ? null : await SecretsCopy.open(settings.secrets, environment);
  if (copy?.get(setupToken) === undefined) {
    print(`Create the first owner at ${page}?token=… with the SETUP_TOKEN that was set.`);
    return;
  }
  // The token is a secret: the terminal's history and CI's logs must not keep it.
  print(`Create the first owner: open ${page}?token=… with the value of SETUP_TOKEN in ${copy.file}.`);
  print("Then run this command once more: it deletes the token.");
}
