/** What the overview shows of a run that failed or was slow. */
interface TroubledRun {
  sweep: string;
  startedAt: number;
  durationMs: number;
  error: string | null;
}

// Runs overlap: a run that ends late does not replace what a later one recorded.
const upsertTrouble = `
  INSERT INTO sweep_troubles (sweep, since, started_at, duration_ms, error) VALUES (?1, ?2, ?2, ?3, ?4)
  ON CONFLICT DO UPDATE SET started_at = excluded.started_at, duration_ms = excluded.duration_ms,
    error = excluded.error
  WHERE excluded.started_at >= sweep_troubles.started_at`;

export async function saveSweepTrouble(
  db: D1Database,
  { sweep, startedAt, durationMs, error }: TroubledRun,
): Promise<void> {
  await db.prepare(upsertTrouble).bind(sweep, startedAt, durationMs, error).run();
}

/** Deletes the trouble of earlier runs, after a run without any. */
export async function clearSweepTrouble(db: D1Database, sweep: string, startedAt: number): Promise<void> {
  await db
    .prepare("DELETE FROM sweep_troubles WHERE sweep = ?1 AND started_at <= ?2")
    .bind(sweep, startedAt)
    .run();
}
