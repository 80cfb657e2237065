import { currentTime } from "../../../shared/kit/clock.ts";
import { countKeyUse } from "../activity.ts";
import { findKey } from "../keyring/key-cache.ts";
import { RequestRefused } from "../reply.ts";
import type { RuntimeContext } from "../request-context.ts";
import { countRequest } from "./rate-limit.ts";

const invalidKeyMessage = "The API key is not valid: it is unknown, revoked, expired or malformed.";

/** `Authorization: Bearer lz_…` and nothing else says who calls. A cookie beside it is not read. */
export async function authenticate(c: RuntimeContext): Promise<void> {
  const header = c.header("Authorization");
  const bearer = header === undefined ? null : /^Bearer +([^\s]+) *$/i.exec(header);
  const presented = bearer?.[1];
  if (presented === undefined)
    throw new RequestRefused(
      "missing_bearer_token",
      "Send your API key as `Authorization: Bearer lz_test_…` or `Bearer lz_live_…`.",
      { headers: { "WWW-Authenticate": "Bearer" } },
    );

  const key = await findKey(c.env, presented);
  const expiresAt = key?.entry.expiresAt ?? null;
  const hasExpired = expiresAt !== null && expiresAt <= (await currentTime(c.env.DEV));
  if (key === null || hasExpired)
    throw new RequestRefused("invalid_api_key", invalidKeyMessage, {
      headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
    });

  const { projectId, mode, region, entry } = key;
  countRequest(entry);
  countKeyUse(c.env, entry.keyId);
  c.knownCaller = { projectId, mode, region, keyId: entry.keyId, plan: entry.plan };
}
