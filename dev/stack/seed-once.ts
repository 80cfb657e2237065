import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { demoDataDefaults, fillDemoData } from "../demo-data/fill.ts";
import type { SetupState } from "../gateway/apply-migrations.ts";
import { seed } from "../seed/seed.ts";
import type { StackFile } from "../seed/stack-file.ts";
import { moveReceiver } from "../seed/webhooks.ts";
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

/** Seeds an empty state. Returns .dev/stack.json, or `undefined` when this state never had one. */
export async function seedOnce(stack: RunningStack, kind: SeedKind): Promise<StackFile | undefined> {
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
    const made = await seed({ origin: stack.origin, setupToken });
    if (kind === "demo_data") {
      made.demo_customers = await fillDemoData(made, { ...demoDataDefaults, print: console.log });
    }
    await writePrivateFile(devPaths.stackFile, JSON.stringify(made, null, 2));
    await rm(devPaths.seeding);
    return made;
  }
  const text = existsSync(devPaths.stackFile) ? await readFile(devPaths.stackFile, "utf8") : undefined;
  const kept = text === undefined ? undefined : (JSON.parse(text) as StackFile);
  if (kind === "demo_data" && kept?.demo_customers === undefined) {
    throw new StackError("This state has other data. npm run reset deletes it; then --demo-data fills it.");
  }
  if (text === undefined || kept === undefined) return undefined;
  if (kept.origin === stack.origin) return kept;
  // The port changed since the last start, and so do the URLs.
  const moved = text.replaceAll(kept.origin, stack.origin);
  await writePrivateFile(devPaths.stackFile, moved.trim());
  const file = JSON.parse(moved) as StackFile;
  await moveReceiver(file);
  return file;
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
