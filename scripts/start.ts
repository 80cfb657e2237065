import { parseArgs } from "node:util";
import { devPaths } from "../dev/stack/paths.ts";
import { dropHalfSeededState, isSetUp, seedOnce } from "../dev/stack/seed-once.ts";
import { startStack } from "../dev/stack/stack.ts";
import { StackError } from "../dev/stack/stack-error.ts";
import { stopOnSignal } from "../dev/stack/stop-on-signal.ts";
import { summary } from "../dev/stack/summary.ts";

// `npm start`: the whole product on one origin of this machine. Options: PORT, STRIPE_SECRET_KEY, --empty.

const cronEveryMs = 5_000;

try {
  await main();
} catch (error) {
  // A refusal is for the person at the terminal; anything else is a defect, and its stack trace is needed.
  console.error(error instanceof StackError ? error.message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const { empty, port, stripeSecretKey } = readOptions();
  console.log(
    "Starting; the first time, and after a change, the workers are bundled, which takes some seconds.",
  );
  const notes: string[] = [];
  if (await dropHalfSeededState())
    notes.push("The last seed had been interrupted, so this is a new, empty state.");
  const stack = await startStack({
    port,
    stateDir: devPaths.state,
    secretsFile: devPaths.secrets,
    logFile: devPaths.log,
    cronEveryMs,
    ...(stripeSecretKey === undefined ? {} : { stripeSecretKey }),
  });
  stopOnSignal(stack, () => console.log("\nStopping."));
  const file = await seedOnce(stack, { seed: !empty });
  if (file === undefined && !empty) {
    notes.push(
      "This state has projects that npm start did not make, so no key is known here. npm run reset begins anew.",
    );
  }
  const realStripe = stripeSecretKey !== undefined;
  const { origin, secrets } = stack;
  const setupUrl = (await isSetUp(stack)) ? undefined : `${origin}/setup?token=${secrets.setupToken}`;
  const owner = file?.operators[0];
  console.log(summary({ origin, testKey: file?.test_key, owner, setupUrl, realStripe, notes }));
}

function readOptions() {
  let empty: boolean | undefined;
  try {
    empty = parseArgs({ options: { empty: { type: "boolean" } } }).values.empty;
  } catch (error) {
    throw new StackError(
      `${error instanceof Error ? error.message : String(error)}\nnpm start takes --empty only.`,
    );
  }
  const port = Number(process.env["PORT"] || 8787);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StackError(`PORT must be a number from 0 (any free one) to 65535, not ${process.env["PORT"]}.`);
  }
  const stripeSecretKey = process.env["STRIPE_SECRET_KEY"] || undefined;
  if (stripeSecretKey !== undefined && !/^(sk|rk)_test_/.test(stripeSecretKey)) {
    throw new StackError("STRIPE_SECRET_KEY must be the key of a test account (sk_test_… or rk_test_…).");
  }
  if (stripeSecretKey !== undefined && empty !== true) {
    throw new StackError(
      "The demo project lives at pocket Stripe, not at a real test account: with STRIPE_SECRET_KEY use npm start -- --empty, or unset it.",
    );
  }
  return { empty: empty === true, port, stripeSecretKey };
}
