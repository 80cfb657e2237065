import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** What `wrangler secret put` would hold in production; see docs/secrets.md. */
export interface StackSecrets {
  stripeWrappingKeys: { current: string; keys: Record<string, string> };
}

/** Made once and kept beside the state, because what it sealed there could not be opened without it. */
export async function loadSecrets(file: string): Promise<StackSecrets> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as StackSecrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const secrets: StackSecrets = {
    stripeWrappingKeys: { current: "dev1", keys: { dev1: randomBytes(32).toString("base64") } },
  };
  await writePrivateFile(file, JSON.stringify(secrets, null, 2));
  return secrets;
}

/** Whole or not at all: a kill between two writes must not leave half a file for the next start. */
export async function writePrivateFile(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${content}\n`, { mode: 0o600 });
  await rename(temporary, file);
}
