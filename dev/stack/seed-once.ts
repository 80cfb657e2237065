import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { type StackFile, seed } from "../seed/seed.ts";
import { moveReceiver } from "../seed/webhooks.ts";
import { devPaths } from "./paths.ts";
import { writePrivateFile } from "./secrets.ts";
import type { Stack } from "./stack.ts";
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

/** Seeds when there is nothing yet. Returns .dev/stack.json, or `undefined` when this state never had one. */
export async function seedOnce(stack: Stack, may: { seed: boolean }): Promise<StackFile | undefined> {
  if (await isEmpty(stack)) {
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

async function isEmpty(stack: Stack): Promise<boolean> {
  const db = await stack.mf.getD1Database("DB", "licenzy-runtime");
  return (await db.prepare("SELECT 1 FROM projects UNION SELECT 1 FROM setups LIMIT 1").first()) === null;
}

/** Whether the portal has its first owner. */
export async function isSetUp(stack: Stack): Promise<boolean> {
  const db = await stack.mf.getD1Database("DB", "licenzy-runtime");
  return (await db.prepare("SELECT 1 FROM setups LIMIT 1").first()) !== null;
}
