import { sql } from "drizzle-orm";
import type { Scope } from "../../../shared/contract/scope.ts";
import { needsAttention } from "../../../shared/db/alerts.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import { prepareWebhookArrivals, toWebhookSilence } from "../../../shared/db/webhook-arrivals.ts";
import { prepareLastAudit, toLastAudit } from "./access-audits.ts";
import type { InboxItem } from "./alerts.ts";
import { prepareBackgroundTroubles, prepareSweepTroubles, toBackgroundTroubles } from "./background-work.ts";
import { rowsOf } from "./customers.ts";
import { type HourRange, prepareHourlyCounts, toHourlyCounts } from "./hourly-counts.ts";
import { type ProductName, prepareProductNames } from "./product-names.ts";
import { prepareConfigurationFacts, prepareDataFacts, toProjectFacts } from "./project-facts.ts";
import { prepareRecentChanges, toRecentChanges } from "./recent-changes.ts";

/** The most urgent alerts that the overview lists. The others are in the inbox. */
const shownAlerts = 5;

/** Reads everything that the overview shows, in one round trip. Each statement is bounded, or reads an index. */
export async function readOverview(
  databases: Databases,
  scope: Scope,
  { now, ranges }: { now: number; ranges: readonly HourRange[] },
) {
  const { control, data } = databases;
  const counts = prepareHourlyCounts(data, scope, ranges);
  const [[configuration, products, sweeps], ofData] = await batchBoth(
    databases,
    [
      prepareConfigurationFacts(control, scope, now),
      prepareProductNames(control, scope),
      prepareSweepTroubles(control, now),
    ],
    [
      prepareDataFacts(data, scope),
      prepareRecentChanges(data, scope),
      prepareUrgentAlerts(data, scope, now),
      prepareWebhookArrivals(data, scope),
      prepareLastAudit(data, scope),
      ...counts,
      ...prepareBackgroundTroubles(data, scope, now),
    ],
  );
  const [stored, changes, urgent, arrivals, lastAudit, ...others] = ofData;
  const { webhookSetAt, ...facts } = toProjectFacts(configuration, stored);
  return {
    facts,
    changes: toRecentChanges(changes),
    silence: toWebhookSilence(arrivals, { webhookSetAt, now }),
    lastAudit: toLastAudit(lastAudit),
    /** The names of the project's products by code. */
    productNames: new Map(rowsOf<ProductName>(products).map(({ productCode, name }) => [productCode, name])),
    alerts: (urgent?.results ?? []) as unknown as UrgentAlert[],
    counts: toHourlyCounts(others.slice(0, counts.length), ranges),
    troubles: toBackgroundTroubles(sweeps, others.slice(counts.length)),
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
