import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Unstable_RawConfig } from "wrangler";
import { rootDir, workerConfigs } from "../../dev/stack/paths.ts";
import type { EnvironmentDatabase } from "./databases.ts";
import { environmentFolder, originOf, type Settings } from "./environment.ts";
import { type DeployedWorker, nameIn, workers } from "./names.ts";

/** The id of a database that does not exist yet, for a dry run. */
const noDatabase = "00000000-0000-0000-0000-000000000000";

export type WorkerConfigs = Record<DeployedWorker, string>;

export const configFile = (environment: string, worker: DeployedWorker): string =>
  join(environmentFolder(environment), `${worker}.json`);

/**
 * Returns the wrangler configuration of each worker in an environment, as JSON: the tracked file with the
 * environment's names, ids, routes and variables. Paths are relative to the environment's folder.
 */
export async function buildWorkerConfigs(
  environment: string,
  settings: Settings,
  databases: EnvironmentDatabase[],
): Promise<WorkerConfigs> {
  // Loaded when needed: loading wrangler takes a second.
  const { experimental_readRawConfig } = await import("wrangler");
  const entries = workers.map((worker) => {
    const path = join(rootDir, workerConfigs[worker]);
    const { rawConfig } = experimental_readRawConfig({ config: path });
    const config = inEnvironment(rawConfig, environment, settings, databases, dirname(path), worker);
    return [worker, `${JSON.stringify(config, null, 2)}\n`] as const;
  });
  return Object.fromEntries(entries) as WorkerConfigs;
}

function inEnvironment(
  raw: Unstable_RawConfig,
  environment: string,
  settings: Settings,
  databases: EnvironmentDatabase[],
  folder: string,
  worker: DeployedWorker,
): Unstable_RawConfig {
  const named = (name: string) => nameIn(environment, name);
  const fromHere = (path: string) => relative(environmentFolder(environment), join(folder, path));
  const { mailFrom, metrics } = settings;
  const sendsMail = mailFrom !== null && worker !== "licenzy-runtime";
  const measures = metrics && worker !== "licenzy-portal";
  const origin = worker === "licenzy-runtime" ? {} : { PUBLIC_ORIGIN: originOf(settings) };
  return {
    ...raw,
    name: named(worker),
    main: fromHere(raw.main ?? ""),
    ...(raw.assets?.directory === undefined
      ? {}
      : { assets: { ...raw.assets, directory: fromHere(raw.assets.directory) } }),
    d1_databases: (raw.d1_databases ?? []).flatMap((d1) =>
      databases.map(({ binding, name, id = noDatabase }) => ({
        ...d1,
        binding,
        database_name: name,
        database_id: id,
        migrations_dir: fromHere(d1.migrations_dir ?? "migrations"),
      })),
    ),
    services: (raw.services ?? []).map((binding) => ({ ...binding, service: named(binding.service) })),
    queues: {
      producers: (raw.queues?.producers ?? []).map((one) => ({ ...one, queue: named(one.queue) })),
      consumers: (raw.queues?.consumers ?? []).map((one) => ({
        ...one,
        queue: named(one.queue),
        ...(one.dead_letter_queue === undefined ? {} : { dead_letter_queue: named(one.dead_letter_queue) }),
      })),
    },
    routes: routesOf(worker, settings),
    vars: {
      ...raw.vars,
      LOG_LEVEL: settings.logLevel,
      ...(worker === "licenzy-runtime" ? { LOG_SHARE: String(settings.logShare) } : {}),
      ...origin,
      ...(sendsMail ? { MAIL_FROM: mailFrom } : {}),
    },
    ...(sendsMail ? { send_email: [{ name: "MAIL", allowed_sender_addresses: [mailFrom] }] } : {}),
    ...(measures
      ? {
          analytics_engine_datasets: [{ binding: "METRICS", dataset: named("licenzy").replaceAll("-", "_") }],
        }
      : {}),
  };
}

/** The API's paths and recovery links go to the runtime, the rest of the host to the portal. A route takes precedence over a custom domain. */
function routesOf(
  worker: DeployedWorker,
  { domain, zone }: Settings,
): NonNullable<Unstable_RawConfig["routes"]> {
  if (worker === "licenzy-runtime")
    return ["/v1/*", "/r/*", "/healthz*", "/readyz*"].map((path) => ({
      pattern: domain + path,
      zone_name: zone,
    }));
  if (worker === "licenzy-portal") return [{ pattern: domain, custom_domain: true }];
  return [];
}

export async function writeWorkerConfigs(environment: string, configs: WorkerConfigs): Promise<void> {
  await mkdir(environmentFolder(environment), { recursive: true });
  await Promise.all(workers.map((worker) => writeFile(configFile(environment, worker), configs[worker])));
}
