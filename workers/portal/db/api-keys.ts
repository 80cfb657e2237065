import { and, desc, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { ApiKeyRow } from "../../../shared/db/api-keys.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { apiKeys } from "../../../shared/db/tables/configuration.ts";

/** Returns a page of keys, newest first, older than the key `before`. */
export async function listKeys(
  db: D1Database,
  scope: Scope,
  before: string | undefined,
  limit: number,
): Promise<ApiKeyRow[]> {
  return drizzle(db)
    .select()
    .from(apiKeys)
    .where(and(inScope(apiKeys, scope), before === undefined ? undefined : lt(apiKeys.keyId, before)))
    .orderBy(desc(apiKeys.keyId))
    .limit(limit);
}
