import { type AlertRule, alertRules } from "../../../shared/contract/alerts.ts";
import { denialReasons, type endpointDisableReasons } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { prepareWebhookArrivals, toWebhookSilence } from "../../../shared/db/webhook-arrivals.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import type { WebhookSilence } from "../../../shared/domain/webhook-silence.ts";

/** The rows of one project and mode that the alert rules read, each list bounded. */
export interface AlertFacts {
  connection: { connectionId: string; sweepError: string | null; sweptTo: number } | null;
  /** Whether Stripe's events come only by the sweep; `null` if they do not. */
  silence: WebhookSilence | null;
  /** Failed Stripe events of the last 30 days by type. */
  failedEvents: { type: string; count: number; newestAt: number }[];
  /** Sweeps of the installation that failed in their last run. */
  failingSweeps: { sweep: string; since: number }[];
  endpoints: EndpointFact[];
  /** Keys without a successor that expire within 90 days or expired within the last 7. */
  keys: { keyId: string; name: string; hint: string; expiresAt: number }[];
  copy: { unwritten: number; overdue: number; overdueSince: number | null };
  denials: DenialFact;
  /** Open disputes of customers, newest first. */
  disputes: { disputeId: string; subjectRef: string; receivedAt: number }[];
  /** Entitlements that are past due or have flags. */
  entitlements: EntitlementFact[];
  /** The newest complete report of the access audit. */
  lastAudit: { paidButDenied: number; allowedButUnpaid: number } | null;
  settings: { rule: AlertRule; isEnabled: number; threshold: number | null }[];
}

type ConnectionFact = NonNullable<AlertFacts["connection"]> & { webhookSetAt: number | null };

export interface EndpointFact {
  endpointId: string;
  url: string;
  isEnabled: number;
  disableReason: (typeof endpointDisableReasons)[number] | null;
  consecutiveFailures: number;
  ownFaultSince: number | null;
  /** Deliveries with a next attempt. Zero is returned for an endpoint without a failure. */
  waiting: number;
  /** Failed deliveries of the last 30 days without a further attempt, and when the newest of them failed. */
  dead: number;
  deadAt: number | null;
}

/** Denied checks of customers who have paid, by the hour. The counts are approximate. */
export interface DenialFact {
  /** In this hour or in the last one, whichever has more. */
  recent: number;
  /** In the hour with most of the 7 days before; `null` without one, and where `recent` is too small to compare. */
  highest: number | null;
  /** The first hour of the last 7 days with a check; `null` as `highest`. */
  since: number | null;
}

export interface EntitlementFact {
  entitlementId: string;
  subjectRef: string;
  productCode: string;
  /** The code of a product without a row. */
  productName: string;
  status: string;
  /** JSON array or null. */
  alertFlags: string | null;
  updatedAt: number;
}

const maxCounted = 1_000;
const maxObjects = 100;
/** Older incidents are not reported. Closed alerts are kept longer, so that none opens a second time. */
export const incidentWindowMs = 30 * dayMs;

const scope = "project_id = ?1 AND mode = ?2";

const selectConnection = `
  SELECT connection_id AS connectionId, sweep_error AS sweepError, coalesce(swept_to, created_at) AS sweptTo,
    webhook_set_at AS webhookSetAt
  FROM stripe_connections WHERE ${scope}`;

const selectFailedEvents = `
  SELECT type, count(*) AS count, max(received_at) AS newestAt FROM
    (SELECT type, received_at FROM stripe_events WHERE ${scope} AND status = 'failed' AND received_at > ?3
     ORDER BY received_at DESC LIMIT ${maxCounted})
  GROUP BY type`;

// A sweep that has recorded nothing for 10 minutes no longer runs.
const selectFailingSweeps = `
  SELECT sweep, since FROM sweep_troubles WHERE error IS NOT NULL AND started_at > ?1 - 600000`;

const isGivenUp = `deliveries.endpoint_id = endpoints.endpoint_id AND state = 'dead'
  AND last_error IS NOT NULL AND event_type <> 'endpoint.test' AND deliveries.updated_at > ?3`;

const selectEndpoints = `
  SELECT endpoint_id AS endpointId, url, is_enabled AS isEnabled, disable_reason AS disableReason,
    consecutive_failures AS consecutiveFailures, own_fault_since AS ownFaultSince,
    CASE WHEN consecutive_failures = 0 AND is_enabled = 1 THEN 0 ELSE
      (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE deliveries.endpoint_id = endpoints.endpoint_id
        AND next_attempt_at IS NOT NULL LIMIT ${maxCounted})) END AS waiting,
    (SELECT count(*) FROM (SELECT 1 FROM deliveries INDEXED BY deliveries_dead
      WHERE ${isGivenUp} LIMIT ${maxCounted})) AS dead,
    (SELECT deliveries.updated_at FROM deliveries INDEXED BY deliveries_dead WHERE ${isGivenUp}
      ORDER BY deliveries.updated_at DESC LIMIT 1) AS deadAt
  FROM endpoints WHERE ${scope} AND deleted_at IS NULL LIMIT ${maxObjects}`;

// A rotated key has a successor of the same name.
const selectKeys = `
  SELECT key_id AS keyId, name, hint, expires_at AS expiresAt FROM api_keys AS expiring
  WHERE ${scope} AND revoked_at IS NULL AND expires_at > ?3 - ${7 * dayMs} AND expires_at <= ?3 + ${90 * dayMs}
    AND NOT EXISTS (SELECT 1 FROM api_keys AS successor WHERE successor.project_id = ?1 AND successor.mode = ?2
      AND successor.name = expiring.name AND successor.created_at > expiring.created_at
      AND successor.revoked_at IS NULL AND coalesce(successor.expires_at, 9e15) > expiring.expires_at)
  ORDER BY expires_at LIMIT ${maxObjects}`;

// Names the indexes, because the planner would otherwise read all subjects of the project. The overdue ones of
// all projects are read oldest first and counted to the limit.
const selectCopy = `
  SELECT (SELECT count(*) FROM (SELECT 1 FROM subjects INDEXED BY subjects_not_flushing
      WHERE ${scope} AND flush_error IS NOT NULL LIMIT ${maxCounted})) AS unwritten,
    count(*) AS overdue, min(expiry) AS overdueSince
  FROM (SELECT project_id, mode, next_expiry_at AS expiry FROM subjects INDEXED BY subjects_by_next_expiry
    WHERE next_expiry_at IS NOT NULL AND next_expiry_at <= ?3 ORDER BY next_expiry_at LIMIT ${maxCounted})
  WHERE ${scope}`;

const hourMs = 3_600_000;

// A customer without any purchase has one of the other reasons.
const paidReasons = denialReasons.filter(
  (reason) => reason !== "no_entitlement" && reason !== "subscription_incomplete",
);
const denialsByHour = (hours: string) => `
  (SELECT hour, sum(value) AS denials FROM hourly_counts WHERE ${scope} AND metric = 'checks' AND ${hours}
   AND detail IN (${paidReasons.map((reason) => `'${reason}'`).join(", ")}) GROUP BY hour)`;
const isOfBand = `hour >= ?3 - ${7 * dayMs} AND hour < ?3 - ${hourMs}`;

// The 7 days are read only for what could be an alert.
const selectDenials = `
  SELECT recent,
    CASE WHEN recent >= ${alertRules.denials_unusual.threshold.min} THEN
      (SELECT max(denials) FROM ${denialsByHour(isOfBand)}) END AS highest,
    CASE WHEN recent >= ${alertRules.denials_unusual.threshold.min} THEN
      (SELECT min(hour) FROM hourly_counts WHERE ${scope} AND metric = 'checks' AND ${isOfBand}) END AS since
  FROM (SELECT coalesce(max(denials), 0) AS recent FROM ${denialsByHour(`hour >= ?3 - ${hourMs}`)})`;

const disputesOf = (type: string, columns: string) => `
  SELECT CASE WHEN json_valid(payload) THEN payload ->> '$.data.object.id' END AS disputeId ${columns}
  FROM stripe_events WHERE ${scope} AND type = '${type}' AND received_at > ?3
  ORDER BY received_at DESC LIMIT 200`;

const selectDisputes = `
  SELECT disputeId, subjectRef, receivedAt
  FROM (${disputesOf("charge.dispute.created", ", subject_ref AS subjectRef, received_at AS receivedAt")})
  WHERE subjectRef IS NOT NULL AND disputeId IS NOT NULL AND disputeId NOT IN
    (SELECT coalesce(disputeId, '') FROM (${disputesOf("charge.dispute.closed", "")}))`;

const entitlementColumns = `entitlements.entitlement_id AS entitlementId, entitlements.subject_ref AS subjectRef,
  entitlements.product_code AS productCode, entitlements.status, entitlements.alert_flags AS alertFlags,
  entitlements.updated_at AS updatedAt`;

// The rows that changed longest ago first: a limit that is reached keeps the same rows.
const selectPastDue = `
  SELECT ${entitlementColumns} FROM entitlements INDEXED BY entitlements_past_due
  WHERE ${scope} AND status = 'past_due' ORDER BY updated_at LIMIT ${maxObjects}`;

const selectFlagged = `
  SELECT ${entitlementColumns} FROM entitlements INDEXED BY entitlements_flagged
  WHERE ${scope} AND alert_flags IS NOT NULL ORDER BY updated_at LIMIT ${maxObjects}`;

// Whatever the limits above leave out, an open alert about a customer is resolved only if its cause ended. CROSS JOIN
// keeps the order: the planner would otherwise begin with all entitlements of the project.
const selectOfOpenAlerts = `
  SELECT DISTINCT ${entitlementColumns}
  FROM alerts INDEXED BY alerts_open CROSS JOIN entitlements INDEXED BY entitlements_by_subject
  WHERE alerts.project_id = ?1 AND alerts.mode = ?2 AND resolved_at IS NULL AND alerts.subject_ref IS NOT NULL
    AND entitlements.project_id = ?1 AND entitlements.mode = ?2 AND entitlements.subject_ref = alerts.subject_ref
    AND (entitlements.status = 'past_due' OR entitlements.alert_flags IS NOT NULL)`;

const selectLastAudit = `
  SELECT counts ->> 'paid_but_denied' AS paidButDenied,
    counts ->> 'allowed_but_unpaid' AS allowedButUnpaid
  FROM access_audits INDEXED BY access_audits_finished WHERE ${scope} AND finished_at IS NOT NULL
  ORDER BY finished_at DESC LIMIT 1`;

const selectSettings = `
  SELECT rule, is_enabled AS isEnabled, threshold FROM alert_rules WHERE ${scope}`;

/** Builds the statements that read the facts in the control database. `toAlertFacts` takes their results. */
export const selectControlFacts = (
  db: D1Database,
  { projectId, mode }: Scope,
  now: number,
): D1PreparedStatement[] => [
  db.prepare(selectConnection).bind(projectId, mode),
  db.prepare(selectFailingSweeps).bind(now),
  db.prepare(selectKeys).bind(projectId, mode, now),
];

/** Builds those of the facts in the project's data database, for the batch of the claim. */
export function selectDataFacts(
  db: D1Database,
  { projectId, mode }: Scope,
  now: number,
): D1PreparedStatement[] {
  const inScope = (query: string, ...more: number[]) => db.prepare(query).bind(projectId, mode, ...more);
  const since = now - incidentWindowMs;
  return [
    prepareWebhookArrivals(db, { projectId, mode }),
    inScope(selectFailedEvents, since),
    inScope(selectEndpoints, since),
    inScope(selectCopy, now),
    inScope(selectDenials, now - (now % hourMs)),
    inScope(selectDisputes, since),
    inScope(selectPastDue),
    inScope(selectFlagged),
    inScope(selectOfOpenAlerts),
    inScope(selectLastAudit),
    inScope(selectSettings),
  ];
}

/** Facts as the rows have them. `addProductNames` completes them. */
type FactsWithoutNames = Omit<AlertFacts, "entitlements"> & {
  entitlements: Omit<EntitlementFact, "productName">[];
};

/** Returns the facts from the results of `selectControlFacts` and `selectDataFacts`. */
export function toAlertFacts(ofControl: D1Result[], ofData: D1Result[], now: number): FactsWithoutNames {
  const rowsOf = (result: D1Result) => result.results as never[];
  const [connections, sweeps, keys] = ofControl.map(rowsOf);
  const [, failed, endpoints, copy, denials, disputes, ...rest] = ofData.map(rowsOf);
  const connection = (connections?.[0] ?? null) as ConnectionFact | null;
  const settings = rest.pop() ?? [];
  const lastAudit = rest.pop()?.[0] ?? null;
  const entitlements = rest.flat() as FactsWithoutNames["entitlements"];
  return {
    connection,
    silence: toWebhookSilence(ofData[0], { webhookSetAt: connection?.webhookSetAt ?? null, now }),
    failedEvents: failed ?? [],
    failingSweeps: sweeps ?? [],
    endpoints: endpoints ?? [],
    keys: keys ?? [],
    copy: copy?.[0] ?? { unwritten: 0, overdue: 0, overdueSince: null },
    denials: denials?.[0] ?? { recent: 0, highest: null, since: null },
    disputes: disputes ?? [],
    entitlements: [...new Map(entitlements.map((row) => [row.entitlementId, row])).values()],
    lastAudit,
    settings,
  };
}
