import type { DenialReason } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";

export interface ShadowItem {
  subjectRef: string;
  appAllowed: boolean;
  /** Why Licenzy denied access; `null` when it allowed access. */
  reason: DenialReason | null;
  at: number;
  /** What Licenzy's lists say now; `null` for a customer who is in none. */
  accessNow: "allowed" | "denied" | null;
}

/** The last row of the previous page. */
export interface ShadowCursor {
  at: number;
  subjectRef: string;
}

export interface ShadowReport {
  /** Of the last 30 days, approximate. */
  agreed: number;
  disagreed: number;
  /** Customers in the list. */
  listed: number;
  /** A page of the list, newest first. */
  items: ShadowItem[];
}

const selectCounts = `
  SELECT detail, sum(value) AS value FROM hourly_counts
  WHERE project_id = ?1 AND mode = ?2 AND metric = 'shadow' AND hour >= ?3 GROUP BY detail`;

const selectListed =
  "SELECT count(*) AS listed FROM shadow_disagreements WHERE project_id = ?1 AND mode = ?2";

const selectItems = `
  SELECT listed.subject_ref AS subjectRef, app_allowed AS appAllowed, reason, at, access AS accessNow
  FROM shadow_disagreements AS listed INDEXED BY shadow_disagreements_by_age
  LEFT JOIN subjects ON subjects.project_id = ?1 AND subjects.mode = ?2 AND subjects.subject_ref = listed.subject_ref
  WHERE listed.project_id = ?1 AND listed.mode = ?2 AND (at, listed.subject_ref) < (?3, ?4)
  ORDER BY at DESC, listed.subject_ref DESC LIMIT ?5`;

/** Reads the counts and a page of the latest disagreements, in one round trip. */
export async function readShadow(
  db: D1Database,
  { projectId, mode }: Scope,
  { before, limit, now }: { before: ShadowCursor | null; limit: number; now: number },
): Promise<ShadowReport> {
  const { at, subjectRef } = before ?? { at: Number.MAX_SAFE_INTEGER, subjectRef: "" };
  const [counts, listed, items] = await db.batch([
    db.prepare(selectCounts).bind(projectId, mode, now - 30 * dayMs),
    db.prepare(selectListed).bind(projectId, mode),
    db.prepare(selectItems).bind(projectId, mode, at, subjectRef, limit),
  ]);
  const values = (counts?.results ?? []) as { detail: string; value: number }[];
  const sum = (detail: string) => values.find((row) => row.detail === detail)?.value ?? 0;
  const rows = (items?.results ?? []) as (Omit<ShadowItem, "appAllowed"> & { appAllowed: number })[];
  return {
    agreed: sum("agreed"),
    disagreed: sum("disagreed"),
    listed: (listed?.results as { listed: number }[] | undefined)?.[0]?.listed ?? 0,
    items: rows.map((row) => ({ ...row, appAllowed: row.appAllowed === 1 })),
  };
}
