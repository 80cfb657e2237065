import { type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Mode } from "../contract/words.ts";
import { dayMs } from "../domain/entitlement.ts";
import { idFloor } from "../kit/ids.ts";

/** What the overview and the go-live list count, in one round trip. Every number comes from an index. */
export interface ProjectFacts {
  isConnected: boolean;
  hasWebhook: boolean;
  products: number;
  keys: number;
  /** Keys or a plan that their Keyring has not confirmed. */
  unsynced: number;
  eventsFailed: number;
  eventsWaiting: number;
  /** When the oldest waiting event arrived. */
  oldestWaitingAt: number | null;
  lastEventAt: number | null;
  /** What the last reading of Stripe's event list failed with; null when it went well or never was. */
  sweepError: string | null;
  /** The longest of the last 100 times, in ms, from an event that never came to its being found in Stripe's list. */
  slowestHealingMs: number | null;
  subjects: number;
  lastSubjectAt: number | null;
  purchases: number;
  endpoints: number;
  endpointsDisabled: number;
  deliveriesDead: number;
  /** Of the newest 1,000 deliveries of the last 24 h: those that have ended or failed, and those among them that were sent. */
  deliveriesTried: number;
  deliveriesSent: number;
  /** Since when the oldest delivery to an enabled endpoint waits, among 1,000. */
  oldestUnsentAt: number | null;
}

const most = 1_000;

/** Counts stop at 1,000: nobody needs to know more, and no page should read a table for it. */
export async function readProjectFacts(
  db: D1Database,
  { projectId, mode }: { projectId: string; mode: Mode },
  now: number,
): Promise<ProjectFacts> {
  const here = sql`project_id = ${projectId} AND mode = ${mode}`;
  const upTo = (rows: ReturnType<typeof sql>) => sql`(SELECT count(*) FROM (${rows} LIMIT ${most}))`;
  const events = sql`SELECT received_at FROM stripe_events WHERE ${here}`;
  const row = await drizzle(db).get<
    Record<Exclude<keyof ProjectFacts, "sweepError">, number | null> & { sweepError: string | null }
  >(sql`SELECT
    EXISTS (SELECT 1 FROM stripe_connections WHERE ${here}) AS isConnected,
    EXISTS (SELECT 1 FROM stripe_connections WHERE ${here} AND webhook_set_at IS NOT NULL) AS hasWebhook,
    ${upTo(sql`SELECT 1 FROM products WHERE ${here} AND archived_at IS NULL`)} AS products,
    ${upTo(sql`SELECT 1 FROM api_keys WHERE ${here} AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > ${now})`)} AS keys,
    ${upTo(sql`SELECT 1 FROM api_keys WHERE ${here} AND synced_at IS NULL`)} AS unsynced,
    ${upTo(sql`SELECT 1 FROM stripe_events WHERE ${here} AND status = 'failed'`)} AS eventsFailed,
    ${upTo(sql`SELECT 1 FROM stripe_events WHERE ${here} AND status = 'received' AND next_try_at IS NOT NULL`)}
      AS eventsWaiting,
    (SELECT min(received_at) FROM stripe_events WHERE ${here} AND status = 'received') AS oldestWaitingAt,
    (${events} ORDER BY received_at DESC LIMIT 1) AS lastEventAt,
    (SELECT sweep_error FROM stripe_connections WHERE ${here}) AS sweepError,
    (SELECT max(received_at - stripe_created_at) FROM (SELECT received_at, stripe_created_at FROM stripe_events
      WHERE found_by = 'sweep' AND connection_id = (SELECT connection_id FROM stripe_connections WHERE ${here})
      ORDER BY received_at DESC LIMIT 100)) AS slowestHealingMs,
    ${upTo(sql`SELECT 1 FROM subjects WHERE ${here}`)} AS subjects,
    (SELECT created_at FROM subjects WHERE ${here} ORDER BY created_at DESC LIMIT 1) AS lastSubjectAt,
    ${upTo(sql`SELECT 1 FROM checkout_attempts WHERE ${here} AND status = 'finalized'`)} AS purchases,
    ${webhookCounts(here, now)}`);
  return {
    isConnected: row.isConnected === 1,
    hasWebhook: row.hasWebhook === 1,
    products: row.products ?? 0,
    keys: row.keys ?? 0,
    unsynced: row.unsynced ?? 0,
    eventsFailed: row.eventsFailed ?? 0,
    eventsWaiting: row.eventsWaiting ?? 0,
    oldestWaitingAt: row.oldestWaitingAt,
    lastEventAt: row.lastEventAt,
    sweepError: row.sweepError,
    slowestHealingMs: row.slowestHealingMs,
    subjects: row.subjects ?? 0,
    lastSubjectAt: row.lastSubjectAt,
    purchases: row.purchases ?? 0,
    endpoints: row.endpoints ?? 0,
    endpointsDisabled: row.endpointsDisabled ?? 0,
    deliveriesDead: row.deliveriesDead ?? 0,
    deliveriesTried: row.deliveriesTried ?? 0,
    deliveriesSent: row.deliveriesSent ?? 0,
    oldestUnsentAt: row.oldestUnsentAt,
  };
}

/** Ids of deliveries begin with the time of their event, so that a day is a range of the index by project. */
function webhookCounts(here: SQL, now: number): SQL {
  const newest = sql`(SELECT state FROM deliveries WHERE ${here} AND delivery_id >= ${idFloor("dlv", now - dayMs)}
    ORDER BY delivery_id DESC LIMIT ${most})`;
  return sql`
    (SELECT count(*) FROM endpoints WHERE ${here} AND deleted_at IS NULL) AS endpoints,
    (SELECT count(*) FROM endpoints WHERE ${here} AND deleted_at IS NULL AND is_enabled = 0) AS endpointsDisabled,
    (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE ${here} AND state IN ('failed', 'dead') AND state = 'dead'
      LIMIT ${most})) AS deliveriesDead,
    (SELECT count(*) FROM ${newest} WHERE state <> 'pending') AS deliveriesTried,
    (SELECT count(*) FROM ${newest} WHERE state = 'sent') AS deliveriesSent,
    (SELECT min(waits) FROM (SELECT deliveries.created_at AS waits
      FROM (SELECT endpoint_id FROM endpoints WHERE ${here} AND is_enabled = 1 AND deleted_at IS NULL)
      JOIN deliveries USING (endpoint_id) WHERE next_attempt_at IS NOT NULL LIMIT ${most}))
      AS oldestUnsentAt`;
}
