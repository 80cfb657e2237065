import { createMiddleware } from "hono/factory";
import { currentTime } from "../../../shared/kit/clock.ts";
import { countKeyUse } from "../activity.ts";
import { ApiError } from "../http/api-error.ts";
import { findKey } from "../keys/key-cache.ts";
import { findCallerRegion } from "../replica/caller-region.ts";
import type { RuntimeHono } from "../request-context.ts";

/** Sets the caller from `Authorization: Bearer lz_…`. Nothing else identifies a caller: cookies are not read. */
export const authenticate = createMiddleware<RuntimeHono>(async (c, next) => {
  const [, presented] = /^Bearer +([^\s]+) *$/i.exec(c.req.header("Authorization") ?? "") ?? [];
  if (presented === undefined)
    throw new ApiError(
      "missing_bearer_token",
      "Send your API key as `Authorization: Bearer lz_test_…` or `Bearer lz_live_…`.",
      { headers: { "WWW-Authenticate": "Bearer" } },
    );

  const callerRegion = findCallerRegion(c.req.raw.cf as IncomingRequestCfProperties | undefined);
  const key = await findKey(c.env, presented, callerRegion);
  const expiresAt = key?.entry.expiresAt ?? null;
  const isExpired = expiresAt !== null && expiresAt <= (await currentTime(c.env.DEV));
  if (key === null || isExpired)
    throw new ApiError(
      "invalid_api_key",
      "Invalid API key: it is unknown, revoked, expired or malformed. Create a key in the portal.",
      { headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' } },
    );

  const { projectId, mode, region, entry } = key;
  const { keyId, plan, rateLimit } = entry;
  const away = callerRegion === region ? null : callerRegion;
  c.set("caller", { projectId, mode, region, keyId, plan, rateLimit, away });
  countKeyUse(c.env, keyId);
  await next();
});
