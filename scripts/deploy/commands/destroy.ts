import { type Context, checkAccount, confirmByName } from "../context.ts";
import { readDatabases } from "../databases.ts";
import { nameIn, queues, workers } from "../names.ts";

/** Deletes an environment: callers before the workers that they call, then queues, then the databases. */
export async function destroy(context: Context): Promise<void> {
  const { account, environment, print, settings } = context;
  await checkAccount(context);
  const plan: { name: string; apply: () => Promise<void> }[] = [];
  for (const worker of [...workers].reverse()) {
    const name = nameIn(environment, worker);
    if ((await account.listSecrets(name)) !== undefined)
      plan.push({ name: `the worker ${name}`, apply: () => account.deleteWorker(name) });
  }
  for (const queue of queues) {
    const name = nameIn(environment, queue);
    if ((await account.findQueue(name)) !== undefined)
      plan.push({ name: `the queue ${name}`, apply: () => account.deleteQueue(name) });
  }
  // The control database last: it names the environment.
  for (const { name, id } of (await readDatabases(context)).reverse())
    if (id !== undefined)
      plan.push({ name: `the database ${name}`, apply: () => account.deleteDatabase(name) });
  if (plan.length === 0) return print(`= There is no environment ${environment}`);

  for (const { name } of plan) print(`- Delete ${name}`);
  print("  This deletes every customer's ledger and can't be undone.");
  await confirmByName(context, `Delete the environment ${environment}?`);
  for (const { name, apply } of plan) {
    await apply();
    print(`- Deleted ${name}`);
  }
  if (settings.secrets !== null) print(`The copy of the secrets stays in ${settings.secrets}.`);
}
