import type { Region } from "../../../shared/contract/enums.ts";
import { dataByNumber, listDatabases } from "../../../shared/db/databases.ts";
import { readProjectSettings } from "../../../shared/db/projects.ts";
import { readLink } from "../db/recovery-links.ts";
import type { RuntimeEnv } from "../env.ts";
import { openLinkSecret } from "./link-secret.ts";
import { hasValidSignature, parseLinkToken } from "./link-token.ts";

export type FoundLink = NonNullable<Awaited<ReturnType<typeof readLink>>> & { region: Region };

export type LinkState =
  | ({ state: "valid" } & FoundLink)
  /** Not a link, forged, or of a customer who was erased. */
  | { state: "unknown" }
  | { state: "expired" }
  /** The secret that signed it was rotated. */
  | { state: "revoked" };

/** Finds the link of a token and verifies it. Reads D1 only, and changes nothing. */
export async function findLink(env: RuntimeEnv, token: string, now: number): Promise<LinkState> {
  const parsed = parseLinkToken(token);
  if (parsed === null || !listDatabases(env).includes(parsed.database)) return { state: "unknown" };
  const found = await readLink(dataByNumber(env, parsed.database), parsed.linkId);
  if (found === null) return { state: "unknown" };
  const { link, secret } = found;
  // The secret that could verify it is gone, so the id alone decides: it is random, and the page shows nothing.
  if (link.secretVersion !== secret.version) return { state: "revoked" };
  if (!hasValidSignature(await openLinkSecret(env, secret), link, parsed.signature))
    return { state: "unknown" };
  if (link.expiresAt <= now) return { state: "expired" };
  const project = await readProjectSettings(env.DB, link.projectId);
  return project === null ? { state: "unknown" } : { state: "valid", ...found, region: project.region };
}
