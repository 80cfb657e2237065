import { watchedObjectBytes } from "../../../shared/domain/storage-limits.ts";

/** Smaller changes are not worth a written row each minute. */
const minChangeBytes = 1_000_000;

/**
 * Records the size of D1, as D1 itself reports it. Returns it when the recorded size was older than `maxAgeMs` or differed,
 * and `null` when there is nothing new to say.
 */
export async function recordD1Size(
  db: D1Database,
  now: number,
  maxAgeMs: number,
): Promise<{ bytes: number } | null> {
  const { meta: read } = await db.prepare("SELECT 1 FROM storage_sizes").run();
  const bytes = read.size_after;
  const { meta } = await db
    .prepare(
      `INSERT INTO storage_sizes (name, bytes, measured_at) VALUES ('d1', ?1, ?2)
       ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes, measured_at = excluded.measured_at
       WHERE abs(excluded.bytes - storage_sizes.bytes) >= ?3 OR excluded.measured_at - storage_sizes.measured_at > ?4`,
    )
    .bind(bytes, now, minChangeBytes, maxAgeMs)
    .run();
  return meta.changes > 0 ? { bytes } : null;
}

export interface LargeObject {
  projectId: string;
  mode: string;
  subjectTag: string;
  bytes: number;
}

/** Returns the largest objects by the size at their last flush, from the size on at which they are watched. */
export async function listLargestObjects(db: D1Database, limit: number): Promise<LargeObject[]> {
  const { results } = await db
    .prepare(
      `SELECT project_id AS projectId, mode, subject_tag AS subjectTag, storage_bytes AS bytes
       FROM subjects WHERE storage_bytes >= ${watchedObjectBytes} ORDER BY storage_bytes DESC LIMIT ?1`,
    )
    .bind(limit)
    .all<LargeObject>();
  return results;
}
