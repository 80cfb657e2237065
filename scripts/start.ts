import { setWebhookSecret } from "../dev/seed/seed-stripe-account.ts";
import { readStartOptions } from "../dev/stack/command-line.ts";
import { devPaths } from "../dev/stack/paths.ts";
import { dropHalfSeededState, isSetUp, refuseOtherStripe, seedOnce } from "../dev/stack/seed-once.ts";
import { startStack } from "../dev/stack/stack.ts";
import { StackError } from "../dev/stack/stack-error.ts";
import { stopOnSignal } from "../dev/stack/stop-on-signal.ts";
import { summary } from "../dev/stack/summary.ts";
import { startWranglerDev, type WranglerDevOptions } from "../dev/wrangler/wrangler-dev.ts";

// `npm start`: the whole product on one origin of this machine. `npm run dev`, or --watch: the same under `wrangler dev`,
// which reloads on save. Both share the state in .dev. Options: PORT, --empty, --demo-data, --databases, and for a Stripe test
// account STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET.

/**
 * Less than the 5 s after which workerd closes an idle connection: wrangler's proxy answers 503 to a POST that meets the
 * closing.
 */
const cronEveryMs = 4_000;
/** With a Stripe account, the crons bring its events. */
const pollEveryMs = 2_000;

try {
  await main();
} catch (error) {
  // A refusal is for the person at the terminal; anything else is a defect, and its stack trace is needed.
  console.error(error instanceof StackError ? error.message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const { empty, demoData, watch, databases, port, stripe } = readStartOptions();
  console.log(
    watch
      ? "Starting wrangler dev with all workers, which takes some seconds."
      : "Starting; the first time, and after a change, the workers are bundled, which takes some seconds.",
  );
  const notes: string[] = [];
  if (await dropHalfSeededState())
    notes.push("The last seed had been interrupted, so this is a new, empty state.");
  const note = await refuseOtherStripe(stripe);
  if (note !== undefined) notes.push(note);
  const options = {
    port,
    databases,
    stateDir: devPaths.state,
    secretsFile: devPaths.secrets,
    cronEveryMs: stripe === undefined ? cronEveryMs : pollEveryMs,
    ...(stripe === undefined ? {} : { stripeBase: stripe.base }),
  };
  const stack = watch ? await watchStack(options) : await startStack({ ...options, logFile: devPaths.log });
  stopOnSignal(stack, () => console.log("\nStopping."));
  const file = await seedOnce(
    stack,
    empty ? "nothing" : demoData ? "demo_data" : "stories",
    stripe,
    databases,
  );
  if (file !== undefined && stripe?.webhookSecret !== undefined)
    await setWebhookSecret(file, stripe.webhookSecret);
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
      stripe: stripe && {
        webhookUrl: file?.stripe.test.webhook_url,
        isListening: stripe.webhookSecret !== undefined,
      },
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
