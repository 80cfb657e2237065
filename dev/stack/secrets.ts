import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { WrappingKeys } from "../../shared/kit/encryption.ts";

/** The secrets that `wrangler secret put` sets in production (docs/secrets.md). */
export interface StackSecrets {
  /** Encrypts Stripe credentials. The runtime's. */
  stripeWrappingKeys: WrappingKeys;
  /** Encrypts signing secrets. The deliveries worker's. */
  webhookWrappingKeys: WrappingKeys;
  /** Signs the operators' cookies and encrypts their second factors. */
  signInSecret: string;
  /** Opens /setup, once. */
  setupToken: string;
}

const newWrappingKeys = (): WrappingKeys => ({
  current: "dev1",
  keys: { dev1: randomBytes(32).toString("base64") },
});

/** Reads the secrets, or creates them. They stay with the state, because they encrypt parts of it. */
export async function loadSecrets(file: string): Promise<StackSecrets> {
  const known = await readSecrets(file);
  const secrets: StackSecrets = {
    stripeWrappingKeys: newWrappingKeys(),
    webhookWrappingKeys: newWrappingKeys(),
    signInSecret: randomBytes(32).toString("hex"),
    setupToken: randomBytes(20).toString("hex"),
    ...known,
  };
  // The file of an older tree lacks new secrets, which encrypt nothing yet.
  if (Object.keys(known).length < Object.keys(secrets).length)
    await writePrivateFile(file, JSON.stringify(secrets, null, 2));
  return secrets;
}

async function readSecrets(file: string): Promise<Partial<StackSecrets>> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Partial<StackSecrets>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return {};
  }
}

/** Writes the file by a rename, so that a kill never leaves half a file for the next start. */
export async function writePrivateFile(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${content}\n`, { mode: 0o600 });
  await rename(temporary, file);
}
