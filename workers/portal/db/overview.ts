import { sql } from "drizzle-orm";
import type { Scope } from "../../../shared/contract/scope.ts";
import { needsAttention } from "../../../shared/db/alerts.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import type { InboxItem } from "./alerts.ts";
import { prepareBackgroundTroubles, toBackgroundTroubles } from "./background-work.ts";
import { type HourRange, prepareHourlyCounts, toHourlyCounts } from "./hourly-counts.ts";
import { prepareProjectFacts, toProjectFacts } from "./project-facts.ts";
import { prepareRecentChanges, toRecentChanges } from "./recent-changes.ts";

/** The most urgent alerts that the overview lists. The others are in the inbox. */
const shownAlerts = 5;

/** Reads everything that the overview shows, in one round trip. Each statement is bounded, or reads an index. */
export async function readOverview(
  db: D1Database,
  scope: Scope,
  { now, ranges }: { now: number; ranges: readonly HourRange[] },
) {
  const troubles = prepareBackgroundTroubles(db, scope, now);
  const counts = prepareHourlyCounts(db, scope, ranges);
  const results = await db.batch([
    prepareProjectFacts(db, scope, now),
    prepareRecentChanges(db, scope),
    prepareUrgentAlerts(db, scope, now),
    ...counts,
    ...troubles,
  ]);
  const [facts, changes, urgent, ...others] = results;
  return {
    facts: toProjectFacts(facts),
    changes: toRecentChanges(changes),
    alerts: (urgent?.results ?? []) as unknown as UrgentAlert[],
    counts: toHourlyCounts(others.slice(0, counts.length), ranges),
    troubles: toBackgroundTroubles(others.slice(counts.length)),
  };
}

export type Overview = Awaited<ReturnType<typeof readOverview>>;

export type UrgentAlert = Pick<
  InboxItem,
  "alertId" | "rule" | "urgency" | "objectId" | "subjectRef" | "cause" | "count" | "openedAt"
>;

const prepareUrgentAlerts = (db: D1Database, scope: Scope, now: number): D1PreparedStatement =>
  prepareSql(
    db,
    sql`SELECT alert_id AS alertId, rule, urgency, object_id AS objectId, subject_ref AS subjectRef, cause, count,
      opened_at AS openedAt
    FROM alerts WHERE ${needsAttention(scope, now)} ORDER BY urgency, opened_at, alert_id LIMIT ${shownAlerts}`,
  );
