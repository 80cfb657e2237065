import { type SQL, sql } from "drizzle-orm";
import type { Scope } from "../../../shared/contract/scope.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";
import { connectionIdOf } from "../../../shared/kit/ids.ts";

/** What exists in a project and mode, for the overview. Every number comes from an index. */
export interface ProjectFacts {
  isConnected: boolean;
  hasWebhook: boolean;
  products: number;
  /** The code of the first active product. */
  firstProductCode: string | null;
  /** Whether the project has a success URL. It applies to both modes. */
  hasSuccessUrl: boolean;
  keys: number;
  /** API keys that their Keyring has not confirmed. */
  unsynced: number;
  eventsFailed: number;
  eventsWaiting: number;
  /** When the oldest pending event arrived. */
  oldestWaitingAt: number | null;
  lastEventAt: number | null;
  /** The error of the last read of Stripe's event list; `null` when it succeeded or never ran. */
  sweepError: string | null;
  /**
   * The longest delay in ms from a missed event's creation to its recovery by the sweep, among the last 100.
   */
  slowestHealingMs: number | null;
  subjects: number;
  purchases: number;
  endpoints: number;
  endpointsDisabled: number;
  deliveriesDead: number;
  /** The size of D1 when a sweep last measured it; `null` before. */
  d1Bytes: number | null;
  /** The size of the largest object of the scope, from 1 GB on; `null` when there is none. */
  largestObjectBytes: number | null;
  /** The customer of that object. */
  largestObjectRef: string | null;
  /** When the oldest waiting delivery to an enabled endpoint was created, among 1,000. */
  oldestUnsentAt: number | null;
}

type TextFact = "sweepError" | "firstProductCode" | "largestObjectRef";

const maxCounted = 1_000;

/** Counts stop at 1,000: the page needs no more, and a count should not read a whole table. */
const countUpTo = (rows: SQL) => sql`(SELECT count(*) FROM (${rows} LIMIT ${maxCounted}))`;

/** Prepares the statement of the control database that `toProjectFacts` reads. */
export function prepareConfigurationFacts(
  db: D1Database,
  { projectId, mode }: Scope,
  now: number,
): D1PreparedStatement {
  const inScope = sql`project_id = ${projectId} AND mode = ${mode}`;
  return prepareSql(
    db,
    sql`SELECT
    EXISTS (SELECT 1 FROM stripe_connections WHERE ${inScope}) AS isConnected,
    EXISTS (SELECT 1 FROM stripe_connections WHERE ${inScope} AND webhook_set_at IS NOT NULL) AS hasWebhook,
    (SELECT webhook_set_at FROM stripe_connections WHERE ${inScope}) AS webhookSetAt,
    (SELECT sweep_error FROM stripe_connections WHERE ${inScope}) AS sweepError,
    ${countUpTo(sql`SELECT 1 FROM products WHERE ${inScope} AND archived_at IS NULL`)} AS products,
    (SELECT product_code FROM products WHERE ${inScope} AND archived_at IS NULL
      ORDER BY product_code LIMIT 1) AS firstProductCode,
    EXISTS (SELECT 1 FROM projects WHERE project_id = ${projectId} AND success_url IS NOT NULL)
      AS hasSuccessUrl,
    ${countUpTo(sql`SELECT 1 FROM api_keys WHERE ${inScope} AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > ${now})`)} AS keys,
    ${countUpTo(sql`SELECT 1 FROM api_keys WHERE ${inScope} AND synced_at IS NULL`)} AS unsynced`,
  );
}

/** Prepares that of the project's data database. */
export function prepareDataFacts(db: D1Database, { projectId, mode }: Scope): D1PreparedStatement {
  const inScope = sql`project_id = ${projectId} AND mode = ${mode}`;
  // The unary plus keeps SQLite on the index of the few large objects.
  const largestObject = sql`FROM subjects WHERE +project_id = ${projectId} AND +mode = ${mode}
    AND storage_bytes >= 1000000000 ORDER BY storage_bytes DESC LIMIT 1`;
  const events = sql`SELECT received_at FROM stripe_events WHERE ${inScope}`;
  return prepareSql(
    db,
    sql`SELECT
    ${countUpTo(sql`SELECT 1 FROM stripe_events WHERE ${inScope} AND status = 'failed'`)} AS eventsFailed,
    ${countUpTo(sql`SELECT 1 FROM stripe_events WHERE ${inScope} AND status = 'received'
      AND next_try_at IS NOT NULL`)} AS eventsWaiting,
    (SELECT min(received_at) FROM stripe_events WHERE ${inScope} AND status = 'received') AS oldestWaitingAt,
    (${events} ORDER BY received_at DESC LIMIT 1) AS lastEventAt,
    (SELECT max(received_at - stripe_created_at) FROM (SELECT received_at, stripe_created_at FROM stripe_events
      WHERE found_by = 'sweep' AND connection_id = ${connectionIdOf({ projectId, mode })}
      ORDER BY received_at DESC LIMIT 100)) AS slowestHealingMs,
    ${countUpTo(sql`SELECT 1 FROM subjects WHERE ${inScope}`)} AS subjects,
    ${countUpTo(sql`SELECT 1 FROM checkout_attempts WHERE ${inScope} AND status = 'finalized'`)} AS purchases,
    (SELECT bytes FROM storage_sizes WHERE name = 'd1') AS d1Bytes,
    (SELECT storage_bytes ${largestObject}) AS largestObjectBytes,
    (SELECT subject_ref ${largestObject}) AS largestObjectRef,
    ${buildWebhookCounts(inScope)}`,
  );
}

type FactsRow = Record<Exclude<keyof ProjectFacts, TextFact> | "webhookSetAt", number | null> &
  Record<TextFact, string | null>;

export function toProjectFacts(
  configuration: D1Result | undefined,
  stored: D1Result | undefined,
): ProjectFacts & { webhookSetAt: number | null } {
  const row = Object.assign({}, configuration?.results[0], stored?.results[0]) as FactsRow;
  return {
    webhookSetAt: row.webhookSetAt,
    isConnected: row.isConnected === 1,
    hasWebhook: row.hasWebhook === 1,
    products: row.products ?? 0,
    firstProductCode: row.firstProductCode,
    hasSuccessUrl: row.hasSuccessUrl === 1,
    keys: row.keys ?? 0,
    unsynced: row.unsynced ?? 0,
    eventsFailed: row.eventsFailed ?? 0,
    eventsWaiting: row.eventsWaiting ?? 0,
    oldestWaitingAt: row.oldestWaitingAt,
    lastEventAt: row.lastEventAt,
    sweepError: row.sweepError,
    slowestHealingMs: row.slowestHealingMs,
    subjects: row.subjects ?? 0,
    purchases: row.purchases ?? 0,
    endpoints: row.endpoints ?? 0,
    endpointsDisabled: row.endpointsDisabled ?? 0,
    deliveriesDead: row.deliveriesDead ?? 0,
    oldestUnsentAt: row.oldestUnsentAt,
    d1Bytes: row.d1Bytes,
    largestObjectBytes: row.largestObjectBytes,
    largestObjectRef: row.largestObjectRef,
  };
}

function buildWebhookCounts(inScope: SQL): SQL {
  return sql`
    (SELECT count(*) FROM endpoints WHERE ${inScope} AND deleted_at IS NULL) AS endpoints,
    (SELECT count(*) FROM endpoints WHERE ${inScope} AND deleted_at IS NULL AND is_enabled = 0)
      AS endpointsDisabled,
    (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE ${inScope}
      AND state IN ('failed', 'dead') AND state = 'dead'
      LIMIT ${maxCounted})) AS deliveriesDead,
    (SELECT min(waits) FROM (SELECT deliveries.created_at AS waits
      FROM (SELECT endpoint_id FROM endpoints WHERE ${inScope} AND is_enabled = 1 AND deleted_at IS NULL)
      JOIN deliveries USING (endpoint_id) WHERE next_attempt_at IS NOT NULL LIMIT ${maxCounted}))
      AS oldestUnsentAt`;
}
