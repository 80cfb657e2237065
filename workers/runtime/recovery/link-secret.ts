import { dataOf } from "../../../shared/db/databases.ts";
import { encodeBase32 } from "../../../shared/kit/base32.ts";
import { parseWrappingKeys, seal, unseal } from "../../../shared/kit/encryption.ts";
import { insertFirstLinkSecret, type LinkSecretRow, readLinkSecret } from "../db/recovery-links.ts";
import type { RuntimeEnv } from "../env.ts";

/** Binds the sealed secret to its project and version, so that it opens nowhere else (shared/kit/encryption.ts). */
const associatedData = (projectId: string, version: number) =>
  `recovery_link_secrets/${projectId}/${version}`;

const secretLength = 32;

/** Returns a new random secret of the project, sealed. */
export function sealNewLinkSecret(env: RuntimeEnv, projectId: string, version: number): Promise<string> {
  const secret = encodeBase32(crypto.getRandomValues(new Uint8Array(secretLength)));
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  return seal(keys, associatedData(projectId, version), secret);
}

export function openLinkSecret(
  env: RuntimeEnv,
  { projectId, version, secretSealed }: LinkSecretRow,
): Promise<string> {
  const keys = parseWrappingKeys(env.STRIPE_WRAPPING_KEYS);
  return unseal(keys, associatedData(projectId, version), secretSealed);
}

/** Returns the project's secret. Its first link creates it; of two at the same time, one secret stays. */
export async function ensureLinkSecret(
  env: RuntimeEnv,
  projectId: string,
  now: number,
): Promise<LinkSecretRow> {
  const data = dataOf(env, { projectId });
  const existing = await readLinkSecret(data, projectId);
  if (existing !== null) return existing;
  const secretSealed = await sealNewLinkSecret(env, projectId, 1);
  return insertFirstLinkSecret(data, { projectId, secretSealed, version: 1, createdAt: now });
}
