import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { demoDataDefaults, fillDemoData } from "../demo-data/fill.ts";
import type { SetupState } from "../gateway/apply-migrations.ts";
import { StripeAccountError } from "../seed/demo-prices.ts";
import { seed } from "../seed/seed.ts";
import { hintOf, seedStripeAccount } from "../seed/seed-stripe-account.ts";
import type { StackFile } from "../seed/stack-file.ts";
import { moveReceiver } from "../seed/webhooks.ts";
import type { StripeAccess } from "./command-line.ts";
import { devPaths } from "./paths.ts";
import { writePrivateFile } from "./secrets.ts";
import type { RunningStack } from "./stack.ts";
import { StackError } from "./stack-error.ts";
import { refuseIfHeld } from "./state-lock.ts";

/**
 * Removes a partly seeded state. A seed is many separate calls, and a kill may come between any two. A mark
 * file exists while the seed runs. If a start finds the mark, the state contains only a part of the seed.
 * Call it before the stack starts. Returns whether there was such a state.
 */
export async function dropHalfSeededState(): Promise<boolean> {
  if (!existsSync(devPaths.seeding)) return false;
  // The mark may also belong to a stack that is seeding now.
  await refuseIfHeld(devPaths.state);
  await rm(devPaths.state, { recursive: true, force: true });
  await rm(devPaths.stackFile, { force: true });
  await rm(devPaths.seeding);
  return true;
}

/** What an empty state is filled with. */
export type SeedKind = "nothing" | "stories" | "demo_data";

/**
 * Refuses a state that was seeded with the other Stripe: its connection and prices exist there only. Call it before the
 * stack starts, because the crons would use them. Returns a note on a key that is not the seeded one, or `undefined`.
 */
export async function refuseOtherStripe(stripe: StripeAccess | undefined): Promise<string | undefined> {
  const kept = await readStackFile();
  if (kept === undefined) return undefined;
  const account = kept.stripe_account ?? null;
  if (stripe === undefined && account !== null) {
    throw new StackError(
      `This state was made with your Stripe account (${account.key_hint}). Start it with STRIPE_SECRET_KEY, or delete it with npm run reset.`,
    );
  }
  if (stripe !== undefined && account === null) {
    throw new StackError(
      "This state was made with pocket Stripe. Delete it with npm run reset, or keep it and use another folder for your Stripe account: LICENZY_DEV_DIR=.dev-stripe.",
    );
  }
  if (stripe === undefined || account === null || account.key_hint === hintOf(stripe.secretKey))
    return undefined;
  return `The project keeps the key ${account.key_hint} that it was made with. Replace it on its Stripe page; for another account, npm run reset.`;
}

/**
 * Seeds an empty state, on a Stripe test account or on pocket Stripe. Returns .dev/stack.json, or `undefined` when this
 * state never had one.
 */
export async function seedOnce(
  stack: RunningStack,
  kind: SeedKind,
  stripe: StripeAccess | undefined,
  databases: number,
): Promise<StackFile | undefined> {
  const { has_projects, is_set_up } = await readSetupState(stack);
  if (!has_projects && !is_set_up) {
    // Its keys belong to a state that was removed.
    await rm(devPaths.stackFile, { force: true });
    if (kind === "nothing") return undefined;
    await writePrivateFile(
      devPaths.seeding,
      "The seed is under way, or did not end: see dev/stack/seed-once.ts",
    );
    const { setupToken } = stack.secrets;
    const target = { origin: stack.origin, setupToken };
    const made =
      stripe === undefined ? await seed({ ...target, databases }) : await seedAccount(target, stripe);
    if (kind === "demo_data") {
      Object.assign(made, await fillDemoData(made, { ...demoDataDefaults, print: console.log }));
    }
    await writePrivateFile(devPaths.stackFile, JSON.stringify(made, null, 2));
    await rm(devPaths.seeding);
    return made;
  }
  const kept = await readStackFile();
  if (kind === "demo_data" && kept?.demo_customers === undefined) {
    throw new StackError("This state has other data. npm run reset deletes it; then --demo-data fills it.");
  }
  if (kept === undefined) return undefined;
  if (kept.origin === stack.origin) return kept;
  // The port changed since the last start, and so do the URLs.
  const moved = JSON.stringify(kept, null, 2).replaceAll(kept.origin, stack.origin);
  await writePrivateFile(devPaths.stackFile, moved);
  const file = JSON.parse(moved) as StackFile;
  await moveReceiver(file);
  return file;
}

/** Makes what the account refuses one sentence. */
async function seedAccount(
  target: { origin: string; setupToken: string },
  stripe: StripeAccess,
): Promise<StackFile> {
  try {
    return await seedStripeAccount(target, stripe);
  } catch (error) {
    throw error instanceof StripeAccountError ? new StackError(error.message) : error;
  }
}

async function readStackFile(): Promise<StackFile | undefined> {
  if (!existsSync(devPaths.stackFile)) return undefined;
  return JSON.parse(await readFile(devPaths.stackFile, "utf8")) as StackFile;
}

/** Returns whether the portal has its first owner. */
export async function isSetUp(stack: RunningStack): Promise<boolean> {
  return (await readSetupState(stack)).is_set_up;
}

async function readSetupState({ origin }: RunningStack): Promise<SetupState> {
  const reply = await fetch(`${origin}/__dev/setup`);
  if (!reply.ok) throw new Error(`GET /__dev/setup: ${reply.status} ${await reply.text()}`);
  return (await reply.json()) as SetupState;
}
