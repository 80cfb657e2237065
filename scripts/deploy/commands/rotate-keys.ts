import { randomBytes } from "node:crypto";
import { z } from "zod";
import { type Context, confirmByName } from "../context.ts";
import { DeployLock } from "../lock.ts";
import { nameIn } from "../names.ts";
import { openEnvironment } from "../open-environment.ts";
import { parseJson } from "../parse-json.ts";
import { DeployProblem } from "../problem.ts";
import { SecretsCopy } from "../secrets.ts";
import { sql } from "../sql.ts";

export const rotatable = {
  stripe: { secret: "STRIPE_WRAPPING_KEYS", worker: "licenzy-runtime", rows: sql.sealedByStripeKeys },
  webhook: { secret: "WEBHOOK_WRAPPING_KEYS", worker: "licenzy-deliveries", rows: sql.sealedByWebhookKeys },
} as const;
export type Rotatable = keyof typeof rotatable;

const wrappingKeys = z.object({ current: z.string(), keys: z.record(z.string(), z.string()) });
type WrappingKeys = z.infer<typeof wrappingKeys>;

/**
 * Adds a wrapping key and makes it the current one; the earlier ones still open what they sealed. With `retire`, removes
 * the earlier ones, once no row needs them.
 */
export async function rotateKeys(
  context: Context,
  kind: Rotatable | undefined,
  { retire }: { retire: boolean },
): Promise<void> {
  if (kind === undefined) throw new DeployProblem("Which keys?", "Add --keys stripe, or --keys webhook.");
  const { account, environment, settings, print } = context;
  const { secret, worker } = rotatable[kind];
  if (settings.secrets === null)
    throw new DeployProblem(
      "The copy of the secrets is not known.",
      "Add --secrets with the folder of the copy: Cloudflare does not give a secret back.",
    );
  const { config, databases } = await openEnvironment(context);
  const copy = await SecretsCopy.open(settings.secrets, environment);
  const keys = readKeys(copy.get(secret), copy.file);

  // An earlier run may have sent its value to the account, or not: sending it again is right in both cases.
  const replacement = copy.findReplacement(secret);
  const begun = replacement === undefined ? undefined : readKeys(replacement, copy.file);
  const rows: Record<string, unknown>[] = [];
  for (const { name } of databases) rows.push(...(await account.query(config, name, rotatable[kind].rows)));
  refuseOldCopy(begun ?? keys, rows, copy.file);
  const next = begun ?? change(keys, rows, retire);
  print(
    `+ Set ${secret} of ${nameIn(environment, worker)}: current ${next.current}, with ${Object.keys(next.keys).join(", ")}`,
  );
  await confirmByName(context, `Change the ${kind} keys of ${environment}?`);

  await DeployLock.hold(context, async () => {
    const value = JSON.stringify(next);
    await copy.beginReplacement(secret, value);
    await account.putSecrets(nameIn(environment, worker), { [secret]: value });
    await copy.finishReplacement(secret);
  });
  const old = rows.filter((row) => row["key"] !== null && row["key"] !== next.current);
  if (old.length === 0) return print("Done. No row is sealed with an earlier key.");
  print("Done. In the portal, enter or rotate these again; then run the command with --retire:");
  for (const row of old) print(`  ${String(row["what"])} (sealed with ${String(row["key"])})`);
}

/** A copy without a key that sealed something is older than the account's value, and would replace it. */
function refuseOldCopy({ keys }: WrappingKeys, rows: Record<string, unknown>[], file: string): void {
  const row = rows.find(({ key }) => key !== null && keys[String(key)] === undefined);
  if (row === undefined) return;
  throw new DeployProblem(
    `${file} is not the newest copy: it lacks the key ${String(row["key"])}, which sealed ${String(row["what"])}.`,
    "Get the copy of the person who rotated the keys last. This one would make what the key sealed unreadable.",
  );
}

function change(keys: WrappingKeys, rows: Record<string, unknown>[], retire: boolean): WrappingKeys {
  if (!retire) return withNewKey(keys);
  const needed = rows.filter((row) => row["key"] !== null && row["key"] !== keys.current);
  if (needed.length > 0)
    throw new DeployProblem(
      `Earlier keys are still needed: ${needed
        .slice(0, 3)
        .map((row) => String(row["what"]))
        .join("; ")}${needed.length > 3 ? `, and ${needed.length - 3} more` : ""}.`,
      "Enter or rotate these in the portal first (docs/deploying.md).",
    );
  const current = keys.keys[keys.current];
  return { current: keys.current, keys: current === undefined ? keys.keys : { [keys.current]: current } };
}

/** The random part keeps two people with different copies from giving two keys one id. */
function withNewKey({ keys }: WrappingKeys): WrappingKeys {
  const numbers = Object.keys(keys).map((id) => Number(/^k(\d+)(?:-|$)/.exec(id)?.[1] ?? 0));
  const id = `k${1 + Math.max(0, ...numbers)}-${randomBytes(4).toString("hex")}`;
  return { current: id, keys: { ...keys, [id]: randomBytes(32).toString("base64") } };
}

function readKeys(value: string | undefined, file: string): WrappingKeys {
  const parsed = wrappingKeys.safeParse(value === undefined ? undefined : parseJson(value));
  if (parsed.success) return parsed.data;
  throw new DeployProblem(
    `${file} has no readable copy of these keys.`,
    "Restore the copy from your backup. Without it a new value would make every sealed secret unreadable.",
  );
}
