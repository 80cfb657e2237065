import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { deliveryJobs } from "./tables/webhooks.ts";

export type DeliveryJobRow = typeof deliveryJobs.$inferSelect;

export async function readDeliveryJob(db: D1Database, jobId: string): Promise<DeliveryJobRow | null> {
  const rows = await drizzle(db).select().from(deliveryJobs).where(eq(deliveryJobs.jobId, jobId));
  return rows[0] ?? null;
}
