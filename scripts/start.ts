import { readStartOptions } from "../dev/stack/command-line.ts";
import { devPaths } from "../dev/stack/paths.ts";
import { dropHalfSeededState, isSetUp, seedOnce } from "../dev/stack/seed-once.ts";
import { startStack } from "../dev/stack/stack.ts";
import { StackError } from "../dev/stack/stack-error.ts";
import { stopOnSignal } from "../dev/stack/stop-on-signal.ts";
import { summary } from "../dev/stack/summary.ts";
import { startWranglerDev, type WranglerDevOptions } from "../dev/wrangler/wrangler-dev.ts";

// `npm start`: the whole product on one origin of this machine. `npm run dev`, or --watch: the same under `wrangler dev`,
// which reloads on save. Both share the state in .dev. Options: PORT, STRIPE_SECRET_KEY, --empty, --demo-data.

/**
 * Less than the 5 s after which workerd closes an idle connection: wrangler's proxy answers 503 to a POST that meets the
 * closing.
 */
const cronEveryMs = 4_000;

try {
  await main();
} catch (error) {
  // A refusal is for the person at the terminal; anything else is a defect, and its stack trace is needed.
  console.error(error instanceof StackError ? error.message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const { empty, demoData, watch, port, stripeSecretKey } = readStartOptions();
  console.log(
    watch
      ? "Starting wrangler dev with all workers, which takes some seconds."
      : "Starting; the first time, and after a change, the workers are bundled, which takes some seconds.",
  );
  const notes: string[] = [];
  if (await dropHalfSeededState())
    notes.push("The last seed had been interrupted, so this is a new, empty state.");
  const options = {
    port,
    stateDir: devPaths.state,
    secretsFile: devPaths.secrets,
    cronEveryMs,
    ...(stripeSecretKey === undefined ? {} : { stripeSecretKey }),
  };
  const stack = watch ? await watchStack(options) : await startStack({ ...options, logFile: devPaths.log });
  stopOnSignal(stack, () => console.log("\nStopping."));
  const file = await seedOnce(stack, empty ? "nothing" : demoData ? "demo_data" : "stories");
  if (file === undefined && !empty) {
    notes.push(
      "This state has projects that npm start did not make, so no key is known here. npm run reset deletes it.",
    );
  }
  const { origin, secrets } = stack;
  console.log(
    summary({
      origin,
      testKey: file?.test_key,
      owner: file?.operators[0],
      setupUrl: (await isSetUp(stack)) ? undefined : `${origin}/setup?token=${secrets.setupToken}`,
      realStripe: stripeSecretKey !== undefined,
      inspectorPort: "inspectorPort" in stack ? stack.inspectorPort : undefined,
      notes,
    }),
  );
}

async function watchStack(options: WranglerDevOptions) {
  const stack = await startWranglerDev(options);
  void stack.ended.then(async (reason) => {
    console.error(`wrangler dev ended (${reason}).`);
    await stack.stop();
    process.exit(1);
  });
  return stack;
}
