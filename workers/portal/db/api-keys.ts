import { and, desc, eq, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../../../shared/contract/enums.ts";
import type { ApiKeyRow } from "../../../shared/db/api-keys.ts";
import { apiKeys } from "../../../shared/db/tables/configuration.ts";

/** Returns a page of keys, newest first, older than the key `before`. */
export async function listKeys(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
  before: string | undefined,
  limit: number,
): Promise<ApiKeyRow[]> {
  return drizzle(db)
    .select()
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.projectId, projectId),
        eq(apiKeys.mode, mode),
        before === undefined ? undefined : lt(apiKeys.keyId, before),
      ),
    )
    .orderBy(desc(apiKeys.keyId))
    .limit(limit);
}
