import { isSecretChange, messageOf, tagOf, type Version } from "../account.ts";
import { type Context, confirmByName } from "../context.ts";
import { DeployLock } from "../lock.ts";
import { readApplied } from "../migrations.ts";
import { nameIn, workers } from "../names.ts";
import { openEnvironment } from "../open-environment.ts";
import { DeployProblem } from "../problem.ts";
import { isReleaseTag, migrationOf } from "../release.ts";
import { waitForRelease } from "../verify.ts";

const deployOlder =
  "Check out that release's commit, run npm ci, and deploy it: that keeps the secrets and the tables.";

/**
 * Returns all workers to the release before the present one, callers before the workers that they call. Data stays: the
 * previous release runs on the newer tables.
 */
export async function rollback(context: Context): Promise<void> {
  const { account, environment, print } = context;
  const { config, databases } = await openEnvironment(context);

  // The runtime goes back last, so an interrupted rollback finds the same target again.
  const target = await findPrevious(context);
  const plan: { name: string; versionId: string }[] = [];
  for (const worker of [...workers].reverse()) {
    const name = nameIn(environment, worker);
    const { versions, current } = await account.readVersions(name);
    const version = versions.findLast((candidate) => tagOf(candidate) === target.tag);
    if (version === undefined)
      throw new DeployProblem(`${name} no longer has the release ${target.tag}.`, deployOlder);
    refuseSecretChanges(name, versions, version);
    if (current?.id !== version.id) plan.push({ name, versionId: version.id });
  }
  await checkMigrations(context, target, config);

  if (databases.length > 1)
    print(
      "! A release from before the last --databases lacks that database: its projects answer 503 until a later release.",
    );
  for (const { name } of plan) print(`+ Roll back ${name} to ${target.tag} (${target.message})`);
  await confirmByName(context, `Roll back ${plan.length} workers of ${environment}?`);
  await DeployLock.hold(context, async () => {
    for (const { name, versionId } of plan)
      await account.rollBack(name, versionId, target.message.slice(0, 100));
  });
  await waitForRelease(context, target);
}

interface Target {
  tag: string;
  message: string;
  /** The newest migration that the release knows, and the one that the release after it knows. */
  migration: string | undefined;
  nextMigration: string | undefined;
}

async function findPrevious({ account, environment }: Context): Promise<Target> {
  const name = nameIn(environment, "licenzy-runtime");
  const { versions, current } = await account.readVersions(name);
  const before = versions.slice(0, current === undefined ? 0 : versions.indexOf(current));
  const previous = before.findLast(
    (version) => isReleaseTag(tagOf(version)) && tagOf(version) !== tagOf(current),
  );
  const tag = tagOf(previous);
  if (current === undefined || tag === undefined)
    throw new DeployProblem(
      `${environment} has no earlier release that Cloudflare can roll back to.`,
      deployOlder,
    );
  const message = messageOf(previous) ?? "";
  const after = versions.slice(versions.findLastIndex((version) => tagOf(version) === tag) + 1);
  const next = after.find((version) => isReleaseTag(tagOf(version)));
  return { tag, message, migration: migrationOf(message), nextMigration: migrationOf(messageOf(next)) };
}

/** Rolling back to a version also returns its secrets: what was sealed with a newer wrapping key could not be opened. */
function refuseSecretChanges(name: string, versions: Version[], target: Version): void {
  const later = versions.slice(versions.indexOf(target) + 1);
  if (!later.some(isSecretChange)) return;
  throw new DeployProblem(
    `A secret of ${name} was changed after that release; a rollback would bring back the old one.`,
    deployOlder,
  );
}

/** A release runs on the tables of the release after it, and on no newer ones. */
async function checkMigrations(context: Context, target: Target, config: string): Promise<void> {
  const newest = (await readApplied(context, config)).at(-1);
  if (newest === target.migration) return;
  if (newest === undefined || newest !== target.nextMigration)
    throw new DeployProblem(
      `The database has ${newest ?? "no migration"}, which is too new for ${target.tag} (${target.migration ?? "none"}).`,
      "Repair forward: correct the present release, and deploy it.",
    );
  context.print(`= The tables stay at ${newest}: the earlier release runs on them`);
}
