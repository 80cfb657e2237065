import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import type { SetupState } from "../gateway/apply-migrations.ts";
import { seed } from "../seed/seed.ts";
import type { StackFile } from "../seed/stack-file.ts";
import { moveReceiver } from "../seed/webhooks.ts";
import { devPaths } from "./paths.ts";
import { writePrivateFile } from "./secrets.ts";
import type { RunningStack } from "./stack.ts";
import { refuseIfHeld } from "./state-lock.ts";

/**
 * A seed is many steps through the product's own doors, and a kill may come between any two. A mark stands while
 * it is under way; finding it at a start means that the state is half a seed and nobody's work, so it is removed.
 * Call before the stack starts. Returns whether there was such a state.
 */
export async function dropHalfSeededState(): Promise<boolean> {
  if (!existsSync(devPaths.seeding)) return false;
  // The mark may as well be that of a stack which is seeding right now.
  await refuseIfHeld(devPaths.state);
  await rm(devPaths.state, { recursive: true, force: true });
  await rm(devPaths.stackFile, { force: true });
  await rm(devPaths.seeding);
  return true;
}

/** Seeds an empty state. Returns .dev/stack.json, or `undefined` when this state never had one. */
export async function seedOnce(stack: RunningStack, may: { seed: boolean }): Promise<StackFile | undefined> {
  const { has_projects, is_set_up } = await readSetupState(stack);
  if (!has_projects && !is_set_up) {
    // Keys of a state that is gone would only mislead.
    await rm(devPaths.stackFile, { force: true });
    if (!may.seed) return undefined;
    await writePrivateFile(
      devPaths.seeding,
      "The seed is under way, or did not end: see dev/stack/seed-once.ts",
    );
    const { setupToken } = stack.secrets;
    const made = await seed({ origin: stack.origin, setupToken });
    await writePrivateFile(devPaths.stackFile, JSON.stringify(made, null, 2));
    await rm(devPaths.seeding);
    return made;
  }
  if (!existsSync(devPaths.stackFile)) return undefined;
  const text = await readFile(devPaths.stackFile, "utf8");
  const kept = JSON.parse(text) as StackFile;
  if (kept.origin === stack.origin) return kept;
  // Started with another PORT than last time; its URLs move along.
  const moved = text.replaceAll(kept.origin, stack.origin);
  await writePrivateFile(devPaths.stackFile, moved.trim());
  const file = JSON.parse(moved) as StackFile;
  await moveReceiver(file);
  return file;
}

/** Whether the portal has its first owner. */
export async function isSetUp(stack: RunningStack): Promise<boolean> {
  return (await readSetupState(stack)).is_set_up;
}

async function readSetupState({ origin }: RunningStack): Promise<SetupState> {
  const reply = await fetch(`${origin}/__dev/setup`);
  if (!reply.ok) throw new Error(`GET /__dev/setup: ${reply.status} ${await reply.text()}`);
  return (await reply.json()) as SetupState;
}
