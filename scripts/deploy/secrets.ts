import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writePrivateFile } from "../../dev/stack/secrets.ts";
import type { DeployedWorker } from "./names.ts";
import { parseJson } from "./parse-json.ts";
import { DeployProblem } from "./problem.ts";

/** The secrets that each worker can't run without (docs/secrets.md). */
export const requiredSecrets: Record<DeployedWorker, readonly SecretName[]> = {
  "licenzy-runtime": ["STRIPE_WRAPPING_KEYS"],
  "licenzy-deliveries": ["WEBHOOK_WRAPPING_KEYS"],
  "licenzy-portal": ["SIGN_IN_SECRET"],
};

/** Opens /setup until there is an owner. */
export const setupToken = "SETUP_TOKEN";

export type SecretName =
  | "STRIPE_WRAPPING_KEYS"
  | "WEBHOOK_WRAPPING_KEYS"
  | "SIGN_IN_SECRET"
  | typeof setupToken;

const newWrappingKeys = () =>
  JSON.stringify({ current: "k1", keys: { k1: randomBytes(32).toString("base64") } });
const newToken = () => randomBytes(32).toString("base64url");

const newSecret: Record<SecretName, () => string> = {
  STRIPE_WRAPPING_KEYS: newWrappingKeys,
  WEBHOOK_WRAPPING_KEYS: newWrappingKeys,
  SIGN_IN_SECRET: newToken,
  SETUP_TOKEN: newToken,
};

const copySchema = z.object({
  secrets: z.record(z.string(), z.string()),
  /** Values that are about to replace those above. A rotation that was interrupted continues with them. */
  replacing: z.record(z.string(), z.string()).default({}),
});
type Copy = z.infer<typeof copySchema>;

/**
 * The operator's copy of an environment's secrets: one file, readable by its owner only. A secret is in the copy
 * before the account has it, so no interruption leaves the account with a key that exists nowhere else.
 */
export class SecretsCopy {
  private constructor(
    readonly file: string,
    private readonly copy: Copy,
  ) {}

  /** @throws DeployProblem if the file is there but not readable */
  static async open(folder: string, environment: string): Promise<SecretsCopy> {
    const file = join(folder, `licenzy-${environment}.json`);
    if (!existsSync(file)) return new SecretsCopy(file, { secrets: {}, replacing: {} });
    const parsed = copySchema.safeParse(parseJson(await readFile(file, "utf8")));
    if (parsed.success) return new SecretsCopy(file, parsed.data);
    throw new DeployProblem(
      `${file} is damaged.`,
      "Restore it from your backup. Do not delete it: it may hold the only copy of the wrapping keys.",
    );
  }

  get(name: SecretName): string | undefined {
    return this.copy.secrets[name];
  }

  /** Returns the secret; creates and saves it if there is none. */
  async obtain(name: SecretName): Promise<string> {
    const known = this.copy.secrets[name];
    if (known !== undefined) return known;
    const created = newSecret[name]();
    this.copy.secrets[name] = created;
    await this.save();
    return created;
  }

  /** Returns the value that an interrupted replacement began with. */
  findReplacement(name: SecretName): string | undefined {
    return this.copy.replacing[name];
  }

  async beginReplacement(name: SecretName, value: string): Promise<void> {
    this.copy.replacing[name] = value;
    await this.save();
  }

  /** Call it once the account has the new value. */
  async finishReplacement(name: SecretName): Promise<void> {
    const value = this.copy.replacing[name];
    if (value === undefined) return;
    this.copy.secrets[name] = value;
    delete this.copy.replacing[name];
    await this.save();
  }

  async forget(name: SecretName): Promise<void> {
    delete this.copy.secrets[name];
    await this.save();
  }

  private save(): Promise<void> {
    return writePrivateFile(this.file, JSON.stringify(this.copy, null, 2));
  }
}
