import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";

interface Position {
  /** The tag of the last subject that was claimed; empty at the start of a round. */
  position: string;
  roundStartedAt: number;
}

const readPosition = `
  SELECT position, round_started_at AS roundStartedAt FROM sweep_positions WHERE sweep = ?1`;

// By tag, and not by name: an erased customer's name must not stay as a position. Reads no more rows than it returns.
const selectPage = `
  SELECT project_id AS projectId, mode, subject_ref AS subjectRef, region, subject_tag AS tag FROM subjects
  WHERE subject_tag IS NOT NULL AND subject_tag > ?1 ORDER BY subject_tag LIMIT ?2`;

const movePosition = `
  INSERT INTO sweep_positions (sweep, position, round_started_at) VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET position = excluded.position, round_started_at = excluded.round_started_at
  WHERE sweep_positions.position = ?4 AND sweep_positions.round_started_at = ?5`;

/**
 * Claims and returns the next subjects of a sweep that visits all of them in turn, in the order of their tags. A round
 * begins `roundMs` after the one before began, or when that has ended. Of concurrent runs each gets other subjects. A crash
 * leaves the claimed ones to the next round.
 */
export async function claimNextSubjects(
  db: D1Database,
  sweep: string,
  { now, roundMs }: { now: number; roundMs: number },
  limit: number,
): Promise<SubjectIdentity[]> {
  const found = await db.prepare(readPosition).bind(sweep).first<Position>();
  const { position, roundStartedAt } = found ?? { position: "", roundStartedAt: 0 };
  const isNewRound = position === "";
  if (isNewRound && now - roundStartedAt < roundMs) return [];
  const { results } = await db
    .prepare(selectPage)
    .bind(position, limit)
    .all<SubjectIdentity & { tag: string }>();
  const next = results.length < limit ? "" : (results.at(-1)?.tag ?? "");
  const { meta } = await db
    .prepare(movePosition)
    .bind(sweep, next, isNewRound ? now : roundStartedAt, position, roundStartedAt)
    .run();
  return meta.changes === 0 ? [] : results.map(({ tag: _tag, ...identity }) => identity);
}
