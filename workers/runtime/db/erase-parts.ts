import type { ErasureRow } from "../../../shared/db/erasures.ts";

/** Parts that the statements of an erasure share. */

export type RunningErasure = ErasureRow & { subjectRef: string };

/** Every statement applies only while its erasure is running. */
export const isRunning = "EXISTS (SELECT 1 FROM erasures WHERE erasure_id = ?1 AND state = 'running')";

/** Reads it in the database of the erasure, for a statement in the other one. */
export async function isStillRunning(data: D1Database, { erasureId }: RunningErasure): Promise<boolean> {
  const row = await data
    .prepare(`SELECT ${isRunning} AS isRunning`)
    .bind(erasureId)
    .first<{ isRunning: number }>();
  return row?.isRunning === 1;
}

/** The first four parameters of every statement. */
export const toParameters = ({ erasureId, projectId, mode, subjectRef }: RunningErasure) =>
  [erasureId, projectId, mode, subjectRef] as const;
