import { type Context, confirmByName } from "../context.ts";
import { DeployLock } from "../lock.ts";
import { readMigrations } from "../migrations.ts";
import { openEnvironment } from "../open-environment.ts";
import { DeployProblem } from "../problem.ts";
import { sql } from "../sql.ts";

/** Restores one database of the environment to a moment of the last 30 days. The objects keep their state. */
export async function restore(
  context: Context,
  timestamp: string | undefined,
  binding: string,
): Promise<void> {
  const { account, environment, print } = context;
  const moment = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  if (Number.isNaN(moment) || !/(Z|[+-]\d\d:\d\d)$/.test(timestamp ?? ""))
    throw new DeployProblem(
      timestamp === undefined ? "The moment is missing." : `${timestamp} is no moment with a time zone.`,
      "Add --to 2026-11-25T18:00:00Z, at most 30 days ago.",
    );
  if (moment > Date.now())
    throw new DeployProblem(`${timestamp} is in the future.`, "Choose an earlier moment.");
  const { config, databases: planned } = await openEnvironment(context);
  const databases = planned.filter(({ id }) => id !== undefined);
  const found = databases.find((each) => each.binding === binding);
  if (found === undefined)
    throw new DeployProblem(
      `${environment} has no database ${binding}.`,
      `Use --database with one of ${databases.map((each) => each.binding).join(", ")}.`,
    );
  const database = found.name;
  const isControl = found.binding === "DB";
  const present = await account.findBookmark(database);
  const target = await account.findBookmark(database, new Date(moment).toISOString());
  print(`+ Restore ${database} to ${new Date(moment).toISOString()} (bookmark ${target})`);
  if (isControl) {
    print(
      "  All projects go back: configuration, people and the log since then are lost. Customers' ledgers stay.",
    );
    print("  API keys created since keep working and are shown nowhere: revoke them first.");
  } else {
    print(
      "  The projects in it go back: webhooks, jobs, notes and alerts since then are lost. Customers' ledgers stay.",
    );
    print("  Stripe's events since then are read again. If this is interrupted, run it again.");
    print(
      "  Configuration, people, API keys, the audit log and the projects in other databases stay as they are.",
    );
  }
  print(`  To undo it: npx wrangler d1 time-travel restore ${database} --bookmark ${present}`);
  await confirmByName(context, `Restore ${binding === "DB" ? "the database" : binding} of ${environment}?`);
  // A deployment under way would apply its migrations to what is about to go.
  await DeployLock.hold(context, async () => {
    await account.restoreDatabase(database, target);
    if (isControl) return;
    const number = databases.indexOf(found);
    await account.query(config, context.database, sql.readEventsAgain(number, moment));
  });
  print("Restored.");
  const { pending } = await readMigrations(context, database);
  if (pending.length > 0)
    print(
      `! It lacks ${pending.join(", ")}, which the workers need. First run npm run deploy -- --env ${environment}`,
    );
  print(
    `Now run Data integrity, "Rebuild all", in each project and mode${isControl ? "" : " of that database"} (docs/deploying.md).`,
  );
}
