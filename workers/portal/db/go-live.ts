import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";

export interface GoLiveFacts {
  isConnected: boolean;
  hasKey: boolean;
  /** Codes of active test products without an active product of the same code in live mode. */
  missingTwins: string[];
  testProducts: number;
  hasWebhookEvent: boolean;
  hasPurchase: boolean;
}

/** The checklist names this many products at most, and says that there are more. */
export const maxMissingTwins = 50;

/** Reads the facts behind the go-live checklist, in one round trip. */
export async function readGoLiveFacts(db: D1Database, projectId: string, now: number): Promise<GoLiveFacts> {
  const live = sql`project_id = ${projectId} AND mode = 'live'`;
  const row = await drizzle(db).get<{
    isConnected: number;
    hasKey: number;
    missingTwins: string;
    testProducts: number;
    hasWebhookEvent: number;
    hasPurchase: number;
  }>(sql`SELECT
    EXISTS (SELECT 1 FROM stripe_connections WHERE ${live}) AS isConnected,
    EXISTS (SELECT 1 FROM api_keys WHERE ${live} AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > ${now})) AS hasKey,
    (SELECT json_group_array(product_code) FROM (SELECT product_code FROM products AS twin
      WHERE project_id = ${projectId} AND mode = 'test' AND archived_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM products WHERE ${live} AND product_code = twin.product_code AND archived_at IS NULL
      ) ORDER BY product_code LIMIT ${maxMissingTwins + 1})) AS missingTwins,
    (SELECT count(*) FROM (SELECT 1 FROM products WHERE project_id = ${projectId} AND mode = 'test'
      AND archived_at IS NULL LIMIT 1)) AS testProducts,
    EXISTS (SELECT 1 FROM stripe_events WHERE ${live}) AS hasWebhookEvent,
    EXISTS (SELECT 1 FROM checkout_attempts WHERE ${live} AND status = 'finalized') AS hasPurchase`);
  return {
    isConnected: row.isConnected === 1,
    hasKey: row.hasKey === 1,
    missingTwins: JSON.parse(row.missingTwins) as string[],
    testProducts: row.testProducts,
    hasWebhookEvent: row.hasWebhookEvent === 1,
    hasPurchase: row.hasPurchase === 1,
  };
}
