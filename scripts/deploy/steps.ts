import { tagOf } from "./account.ts";
import type { Context } from "./context.ts";
import { type EnvironmentDatabase, readDatabases } from "./databases.ts";
import { readMigrations } from "./migrations.ts";
import { type DeployedWorker, nameIn, queues } from "./names.ts";
import { DeployProblem } from "./problem.ts";
import { isReleaseTag, type Release } from "./release.ts";
import { requiredSecrets, type SecretName, SecretsCopy, setupToken } from "./secrets.ts";
import { sql } from "./sql.ts";
import { configFile } from "./worker-configs.ts";

/** A part of the environment, which a deployment puts into its target state. */
export interface Step {
  /** Reads the account. Returns what is to be done, or a statement that all is done. */
  inspect(): Promise<{ done: string } | { todo: string; apply: () => Promise<void> }>;
}

export function databaseStep({ account, settings }: Context, { name, id }: EnvironmentDatabase): Step {
  return {
    async inspect() {
      if (id !== undefined) return { done: `Database ${name}` };
      return {
        todo: `Create the database ${name} in ${settings.location}`,
        apply: async () => {
          await account.createDatabase(name, settings.location);
        },
      };
    },
  };
}

export function queueSteps({ account, environment }: Context): Step[] {
  return queues.map((queue) => ({
    async inspect() {
      const name = nameIn(environment, queue);
      if ((await account.findQueue(name)) !== undefined) return { done: `Queue ${name}` };
      return { todo: `Create the queue ${name}`, apply: () => account.createQueue(name) };
    },
  }));
}

/**
 * Sets the secrets that a worker lacks. A worker that does not exist yet is created empty by that, so that the deliveries
 * worker can bind itself.
 */
export function secretsStep(context: Context, worker: DeployedWorker): Step {
  const { account, environment } = context;
  const name = nameIn(environment, worker);
  return {
    async inspect() {
      const present = await account.listSecrets(name);
      await refuseForeignWorker(context, name, present);
      const wanted: SecretName[] = [...requiredSecrets[worker]];
      if (worker === "licenzy-portal" && !(await hasOwner(context))) wanted.push(setupToken);
      const missing = wanted.filter((secret) => !present?.includes(secret));
      if (missing.length === 0) return { done: `Secrets of ${name}` };
      return {
        todo: `Set ${missing.join(" and ")} of ${name}`,
        apply: async () => {
          const copy = await openCopy(context, name);
          const values: Record<string, string> = {};
          for (const secret of missing) {
            if (copy.get(secret) === undefined) await refuseReplacement(context, name, secret, copy.file);
            values[secret] = await copy.obtain(secret);
          }
          await account.putSecrets(name, values);
        },
      };
    },
  };
}

/** @throws DeployProblem if the settings name no folder */
async function openCopy({ settings, environment }: Context, worker: string): Promise<SecretsCopy> {
  if (settings.secrets !== null) return SecretsCopy.open(settings.secrets, environment);
  throw new DeployProblem(
    `${worker} needs secrets, and there is no folder for a copy of them.`,
    "Add --secrets ~/licenzy-secrets, a folder outside of the checkout that is backed up.",
  );
}

/** What each secret has sealed or encrypted can't be read with a new value. */
async function refuseReplacement(context: Context, worker: string, secret: SecretName, file: string) {
  if (secret === setupToken || !(await hasOwner(context))) return;
  const { account, environment } = context;
  const config = configFile(environment, "licenzy-runtime");
  const statement = secret === "SIGN_IN_SECRET" ? sql.findOperator : sealedBy[secret];
  for (const { name, id } of await readDatabases(context)) {
    if (id === undefined || (await account.query(config, name, statement)).length === 0) continue;
    throw new DeployProblem(
      `${worker} lost its ${secret}, and ${file} has no copy of it. A new one could not open what is stored.`,
      "Restore the copy from your backup, or use --secrets with its folder. If it is lost, see docs/deploying.md.",
    );
  }
}

const sealedBy = {
  STRIPE_WRAPPING_KEYS: sql.sealedByStripeKeys,
  WEBHOOK_WRAPPING_KEYS: sql.sealedByWebhookKeys,
} as const;

/** A worker of this name that we did not deploy belongs to another product. */
async function refuseForeignWorker({ account }: Context, name: string, secrets: string[] | undefined) {
  if (secrets === undefined) return;
  const { versions } = await account.readVersions(name);
  const ours = versions.some((version) => isReleaseTag(tagOf(version)));
  const known = Object.values(requiredSecrets).flat();
  // Before its first deployment, our worker is empty and has our secrets.
  if (ours || secrets.some((secret) => known.includes(secret as SecretName))) return;
  throw new DeployProblem(
    `The account has a worker ${name} that Licenzy did not deploy.`,
    "Choose another --env, or delete that worker.",
  );
}

/** SETUP_TOKEN opens the setup page until there is an owner. Then it is deleted. */
export function setupTokenStep(context: Context): Step {
  const { account, environment, settings } = context;
  const name = nameIn(environment, "licenzy-portal");
  return {
    async inspect() {
      const isSet = (await account.listSecrets(name))?.includes(setupToken) ?? false;
      if (!isSet || !(await hasOwner(context))) return { done: "Setup page" };
      return {
        todo: `Delete ${setupToken} of ${name}, which has an owner now`,
        apply: async () => {
          await account.deleteSecret(name, setupToken);
          if (settings.secrets === null) return;
          await (await SecretsCopy.open(settings.secrets, environment)).forget(setupToken);
        },
      };
    },
  };
}

export async function hasOwner(context: Context): Promise<boolean> {
  const { account, environment, database } = context;
  if ((await account.findDatabase(database)) === undefined) return false;
  const config = configFile(environment, "licenzy-runtime");
  const [table] = await account.query(config, database, sql.findOperatorsTable);
  if (table === undefined) return false;
  const [row] = await account.query(config, database, sql.findOperator);
  return row !== undefined;
}

/** @throws DeployProblem if the database has tables that are not ours, or is newer than this release */
export function migrationsStep(context: Context, database: string): Step {
  const { account, environment } = context;
  const config = configFile(environment, "licenzy-runtime");
  return {
    async inspect() {
      const { pending } = await readMigrations(context, database);
      if (pending.length === 0) return { done: `Migrations of ${database}` };
      return {
        todo: `Apply ${pending.length === 1 ? "the migration" : `${pending.length} migrations`} up to ${pending.at(-1)} to ${database}`,
        apply: async () => {
          await account.applyMigrations(config, database);
        },
      };
    },
  };
}

export function workerStep(context: Context, worker: DeployedWorker, release: Release): Step {
  const { account, environment } = context;
  const name = nameIn(environment, worker);
  return {
    async inspect() {
      const { current } = await account.readVersions(name);
      if (tagOf(current) === release.tag) return { done: `${name} ${release.tag}` };
      return {
        todo: `Deploy ${name} ${release.tag}`,
        apply: () => account.deploy(configFile(environment, worker), release.tag, release.message),
      };
    },
  };
}
