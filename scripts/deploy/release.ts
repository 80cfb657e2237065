import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rootDir } from "../../dev/stack/paths.ts";
import { hashSources } from "../../dev/stack/source-hash.ts";
import { buildDocsSite } from "../../docs-site/generator/build.ts";
import { newestMigration } from "../../shared/db/newest-migration.ts";
import type { WorkerConfigs } from "./worker-configs.ts";

/** What is deployed: all three workers carry the same tag. */
export interface Release {
  /** Begins with `lz-`; the same sources and settings have the same tag. At most 25 characters, Cloudflare's limit. */
  tag: string;
  /** At most 100 characters, Cloudflare's limit. Ends with the newest migration, which a rollback reads. */
  message: string;
}

/** The documentation site of this checkout, built once per process. */
let site: ReturnType<typeof buildDocsSite> | undefined;

export async function readRelease(configs: WorkerConfigs): Promise<Release> {
  // Built here, because wrangler refuses a configuration with a folder of assets that does not exist.
  site ??= buildDocsSite();
  const hash = createHash("sha256")
    .update(await hashSources())
    .update((await site).hash);
  for (const config of Object.values(configs)) hash.update("\0").update(config);
  const { version } = JSON.parse(readFileSync(join(rootDir, "package.json"), "utf8")) as { version: string };
  return {
    tag: `lz-${hash.digest("hex").slice(0, 12)}`,
    message: `Licenzy ${version}, migration ${newestMigration.replace(/\.sql$/, "")}`,
  };
}

/** Returns the newest migration that a release knows, by the message with which it was deployed. */
export function migrationOf(message: string | undefined): string | undefined {
  const [, migration] = /, migration (\S+)$/.exec(message ?? "") ?? [];
  return migration === undefined ? undefined : `${migration}.sql`;
}

export const isReleaseTag = (tag: string | undefined): boolean => /^lz-[0-9a-f]{12}$/.test(tag ?? "");
