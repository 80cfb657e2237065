import type { AlertRule } from "../../shared/contract/alerts.ts";
import type { DenialReason } from "../../shared/contract/enums.ts";
import { newId } from "../../shared/kit/ids.ts";
import { newConnectedProject } from "./connected-project.ts";
import { newEndpoint, now } from "./endpoints.ts";
import { env } from "./subjects.ts";

/** How the rows look when a rule applies, and when it no longer does. */

const { DB } = env;
const dayMs = 86_400_000;

export interface AlertScope {
  projectId: string;
  mode: "test";
  connectionId: string;
}

export async function newAlertScope(): Promise<AlertScope> {
  return { ...(await newConnectedProject()), mode: "test" };
}

export const run = (query: string, ...values: (string | number | null)[]) =>
  DB.prepare(query)
    .bind(...values)
    .run();

export async function insertStripeEvent(
  { projectId, mode, connectionId }: AlertScope,
  event: { type?: string; status?: string; foundBy?: string; subjectRef?: string; object?: object } = {},
): Promise<string> {
  const eventId = `evt_${crypto.randomUUID()}`;
  const at = await now();
  await run(
    `INSERT INTO stripe_events (connection_id, event_id, project_id, mode, type, stripe_created_at, payload, status,
       subject_ref, received_at, found_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    connectionId,
    eventId,
    projectId,
    mode,
    event.type ?? "invoice.paid",
    at,
    JSON.stringify({ data: { object: event.object ?? {} } }),
    event.status ?? "applied",
    event.subjectRef ?? null,
    at,
    event.foundBy ?? "webhook",
  );
  return eventId;
}

export async function insertDelivery(
  { projectId, mode }: AlertScope,
  endpointId: string,
  state: "failed" | "dead",
): Promise<string> {
  const deliveryId = newId("dlv");
  const at = await now();
  await run(
    `INSERT INTO deliveries (delivery_id, event_id, endpoint_id, project_id, mode, event_type, state, next_attempt_at,
       last_error, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 'purchase.finalized', ?, ?, 'http', ?, ?)`,
    deliveryId,
    newId("evt"),
    endpointId,
    projectId,
    mode,
    state,
    state === "failed" ? at + dayMs : null,
    at,
    at,
  );
  return deliveryId;
}

export async function insertEntitlement(
  { projectId, mode }: AlertScope,
  { status = "active", flags }: { status?: string; flags?: string[] },
  subjectRef = "user_1",
): Promise<string> {
  const at = await now();
  const entitlementId = newId("ent");
  await run(
    `INSERT INTO subjects (project_id, mode, subject_ref, region, head_sequence, head_hash, created_at)
     VALUES (?, ?, ?, 'weur', 1, '', ?) ON CONFLICT DO NOTHING`,
    projectId,
    mode,
    subjectRef,
    at,
  );
  await run(
    `INSERT INTO entitlements (entitlement_id, project_id, mode, subject_ref, kind, product_code, source, status,
       created_at, updated_at, version, alert_flags) VALUES (?, ?, ?, ?, 'subscription', 'PRO', 'stripe', ?, ?, ?, 1, ?)`,
    entitlementId,
    projectId,
    mode,
    subjectRef,
    status,
    at,
    at,
    flags === undefined ? null : JSON.stringify(flags),
  );
  return entitlementId;
}

/** Adds a channel. No worker sends its messages. */
export const insertChannel = ({ projectId, mode }: AlertScope) =>
  run(
    `INSERT INTO alert_channels (channel_id, project_id, mode, kind, address_sealed, address_hint, created_at)
     VALUES (?, ?, ?, 'email', '', 'o…@example.com', 1)`,
    newId("chn"),
    projectId,
    mode,
  );

/** Adds checks that were denied in the hour of `at`. */
export async function insertDenials(
  { projectId, mode }: AlertScope,
  at: number,
  reason: DenialReason,
  denials: number,
) {
  await run(
    "INSERT INTO hourly_counts (project_id, mode, metric, hour, detail, value) VALUES (?, ?, 'checks', ?, ?, ?)",
    projectId,
    mode,
    at - (at % 3_600_000),
    reason,
    denials,
  );
}

interface Scene {
  /** Makes the rule apply. Returns what makes it stop. */
  begin(scope: AlertScope): Promise<() => Promise<unknown>>;
}

const flagged = (flag: string): Scene => ({
  begin: async (scope) => {
    const id = await insertEntitlement(scope, { flags: [flag] });
    return () => run("UPDATE entitlements SET alert_flags = NULL WHERE entitlement_id = ?", id);
  },
});

export const scenes: Record<AlertRule, Scene> = {
  stripe_webhook_silent: {
    begin: async (scope) => {
      for (let missed = 0; missed < 3; missed++) {
        await insertStripeEvent(scope, { foundBy: "sweep" });
        await env.DEV.advance(1_000);
      }
      return () => insertStripeEvent(scope, { foundBy: "webhook" });
    },
  },
  stripe_event_failed: {
    begin: async (scope) => {
      const eventId = await insertStripeEvent(scope, { status: "failed" });
      return () => run("UPDATE stripe_events SET status = 'applied' WHERE event_id = ?", eventId);
    },
  },
  sweep_failing: {
    begin: async ({ connectionId }) => {
      await run("UPDATE stripe_connections SET sweep_error = 'x' WHERE connection_id = ?", connectionId);
      await env.DEV.advance(15 * 60_000);
      return () =>
        run("UPDATE stripe_connections SET sweep_error = NULL WHERE connection_id = ?", connectionId);
    },
  },
  endpoint_failing: {
    begin: async (scope) => {
      const { endpointId } = await newEndpoint(scope);
      await run("UPDATE endpoints SET consecutive_failures = 24 WHERE endpoint_id = ?", endpointId);
      for (let count = 0; count < 24; count++) await insertDelivery(scope, endpointId, "failed");
      return () => run("UPDATE endpoints SET consecutive_failures = 0 WHERE endpoint_id = ?", endpointId);
    },
  },
  delivery_given_up: {
    begin: async (scope) => {
      const { endpointId } = await newEndpoint(scope);
      const deliveryId = await insertDelivery(scope, endpointId, "dead");
      return () => run("UPDATE deliveries SET state = 'sent' WHERE delivery_id = ?", deliveryId);
    },
  },
  copy_behind: {
    begin: async (scope) => {
      await insertEntitlement(scope, {});
      await run("UPDATE subjects SET next_expiry_at = ? WHERE project_id = ?", await now(), scope.projectId);
      await env.DEV.advance(10 * 60_000);
      return () => run("UPDATE subjects SET next_expiry_at = NULL WHERE project_id = ?", scope.projectId);
    },
  },
  key_expiring: {
    begin: async ({ projectId, mode }) => {
      const at = await now();
      await run(
        `INSERT INTO api_keys (key_id, project_id, mode, name, key_hash, hint, created_at, expires_at)
         VALUES (?, ?, ?, 'Server', ?, 'lz_test_…abcd', ?, ?)`,
        newId("key"),
        projectId,
        mode,
        crypto.randomUUID(),
        at,
        at + 15 * dayMs,
      );
      await env.DEV.advance(dayMs);
      return () => run("UPDATE api_keys SET revoked_at = 1 WHERE project_id = ?", projectId);
    },
  },
  dispute_opened: {
    begin: async (scope) => {
      const object = { id: `dp_${crypto.randomUUID()}` };
      await insertEntitlement(scope, {});
      await insertStripeEvent(scope, { type: "charge.dispute.created", subjectRef: "user_1", object });
      return () => insertStripeEvent(scope, { type: "charge.dispute.closed", subjectRef: "user_1", object });
    },
  },
  denials_unusual: {
    begin: async (scope) => {
      const at = await now();
      await insertDenials(scope, at - 3 * dayMs, "usage_exhausted", 6);
      await insertDenials(scope, at, "payment_past_due", 20);
      await insertDenials(scope, at, "usage_exhausted", 6);
      return () => env.DEV.advance(2 * 3_600_000);
    },
  },
  unknown_price: flagged("unknown_price"),
  access_audit_disagrees: {
    begin: async ({ projectId, mode }) => {
      const at = await now();
      const insert = (finishedAt: number, paidButDenied: number) =>
        run(
          `INSERT INTO access_audits (audit_id, project_id, mode, status, counts, created_at, updated_at, finished_at)
           VALUES (?, ?, ?, 'finished', ?, ?, ?, ?)`,
          newId("job"),
          projectId,
          mode,
          JSON.stringify({ paid_but_denied: paidButDenied, allowed_but_unpaid: 0 }),
          finishedAt,
          finishedAt,
          finishedAt,
        );
      await insert(at, 2);
      return () => insert(at + 1, 0);
    },
  },
  paid_without_access: flagged("paid_after_end"),
  duplicate_subscription: flagged("parallel_subscription"),
  past_due: {
    begin: async (scope) => {
      const id = await insertEntitlement(scope, { status: "past_due" });
      return () => run("UPDATE entitlements SET status = 'active' WHERE entitlement_id = ?", id);
    },
  },
};
