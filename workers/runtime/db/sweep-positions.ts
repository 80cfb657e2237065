import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";

/**
 * Sweeps that visit all rows in turn, a page at a time. A round begins `roundMs` after the one before
 * began, or when that has ended. Of concurrent runs each gets another page. A crash leaves a claimed page
 * to the next round.
 */

interface Position {
  /** The key of the last row that was claimed; empty at the start of a round. */
  position: string;
  roundStartedAt: number;
}

const readPosition = `
  SELECT position, round_started_at AS roundStartedAt FROM sweep_positions WHERE sweep = ?1`;

const movePosition = `
  INSERT INTO sweep_positions (sweep, position, round_started_at) VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET position = excluded.position, round_started_at = excluded.round_started_at
  WHERE sweep_positions.position = ?4 AND sweep_positions.round_started_at = ?5`;

/**
 * Claims and returns the next page of a sweep: at most `limit` rows after the position, in the order of their
 * key. `select` reads no more rows than it returns.
 */
export async function claimNextPage<Row>(
  db: D1Database,
  sweep: string,
  { now, roundMs, limit }: { now: number; roundMs: number; limit: number },
  select: (after: string) => Promise<Row[]>,
  getKey: (row: Row) => string,
): Promise<Row[]> {
  const found = await db.prepare(readPosition).bind(sweep).first<Position>();
  const { position, roundStartedAt } = found ?? { position: "", roundStartedAt: 0 };
  const isNewRound = position === "";
  if (isNewRound && now - roundStartedAt < roundMs) return [];
  const rows = await select(position);
  const last = rows.at(-1);
  const next = rows.length < limit || last === undefined ? "" : getKey(last);
  const { meta } = await db
    .prepare(movePosition)
    .bind(sweep, next, isNewRound ? now : roundStartedAt, position, roundStartedAt)
    .run();
  return meta.changes === 0 ? [] : rows;
}

// By tag, and not by name: an erased customer's name must not stay as a position.
const selectSubjects = `
  SELECT project_id AS projectId, mode, subject_ref AS subjectRef, region, subject_tag AS tag FROM subjects
  WHERE subject_tag IS NOT NULL AND subject_tag > ?1 ORDER BY subject_tag LIMIT ?2`;

/** Claims and returns the next subjects of a sweep, in the order of their tags. */
export async function claimNextSubjects(
  db: D1Database,
  sweep: string,
  round: { now: number; roundMs: number },
  limit: number,
): Promise<SubjectIdentity[]> {
  const select = async (after: string) =>
    (await db.prepare(selectSubjects).bind(after, limit).all<SubjectIdentity & { tag: string }>()).results;
  const page = await claimNextPage(db, sweep, { ...round, limit }, select, ({ tag }) => tag);
  return page.map(({ tag: _tag, ...identity }) => identity);
}
