import type { Mode } from "../../../shared/contract/enums.ts";
import { hourMs, selectActivity, windowHours } from "../../runtime/db/check-counts.ts";

export interface Activity {
  /** Checks of the last 24 hours, in whole hours. Approximate. */
  allowed: number;
  denied: number;
  /**
   * Since when the D1 copy of at least one customer has been behind, or `null`. D1 can detect one cause only:
   * an entitlement expired and its expiry is not recorded yet.
   */
  behindSince: number | null;
}

export async function readActivity(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
  now: number,
): Promise<Activity> {
  const row = await db
    .prepare(selectActivity)
    .bind(projectId, mode, now - windowHours * hourMs, now)
    .first<Activity>();
  return row ?? { allowed: 0, denied: 0, behindSince: null };
}
