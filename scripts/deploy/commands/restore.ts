import { type Context, checkAccount, confirmByName, requireDatabase } from "../context.ts";
import { DeployProblem } from "../problem.ts";

/** Restores the environment's database to a moment of the last 30 days. The objects keep their state. */
export async function restore(context: Context, timestamp: string | undefined): Promise<void> {
  const { account, environment, database, print } = context;
  const moment = timestamp === undefined ? Number.NaN : Date.parse(timestamp);
  if (Number.isNaN(moment) || !/(Z|[+-]\d\d:\d\d)$/.test(timestamp ?? ""))
    throw new DeployProblem(
      timestamp === undefined ? "The moment is missing." : `${timestamp} is no moment with a time zone.`,
      "Add --to 2026-11-25T18:00:00Z, at most 30 days ago.",
    );
  if (moment > Date.now())
    throw new DeployProblem(`${timestamp} is in the future.`, "Choose an earlier moment.");
  await checkAccount(context);
  await requireDatabase(context);
  const present = await account.findBookmark(database);
  const target = await account.findBookmark(database, new Date(moment).toISOString());
  print(`+ Restore ${database} to ${new Date(moment).toISOString()} (bookmark ${target})`);
  print(
    "  All projects go back: configuration, people and the log since then are lost. Customers' ledgers stay.",
  );
  print("  API keys created since keep working and are shown nowhere: revoke them first.");
  print(`  To undo it: npx wrangler d1 time-travel restore ${database} --bookmark ${present}`);
  await confirmByName(context, `Restore the database of ${environment}?`);
  await account.restoreDatabase(database, target);
  print(`Restored. Now run Data integrity, "Rebuild all", in each project and mode (docs/deploying.md).`);
}
