import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { apiKeys } from "./tables/configuration.ts";

export type ApiKeyRow = typeof apiKeys.$inferSelect;

export async function readKey(db: D1Database, keyId: string): Promise<ApiKeyRow | null> {
  const rows = await drizzle(db).select().from(apiKeys).where(eq(apiKeys.keyId, keyId));
  return rows[0] ?? null;
}
