import { alertRules } from "../contract/alerts.ts";
import type { Scope } from "../contract/scope.ts";
import { type EventArrival, judgeWebhook, type WebhookSilence } from "../domain/webhook-silence.ts";

/** As many as the highest threshold of the rule. */
const maxRead = alertRules.stripe_webhook_silent.threshold.max;

const select = `
  SELECT found_by AS foundBy, delivered_at AS deliveredAt, stripe_created_at AS stripeCreatedAt,
    received_at AS receivedAt,
    (SELECT threshold FROM alert_rules WHERE project_id = ?1 AND mode = ?2 AND rule = 'stripe_webhook_silent')
      AS threshold
  FROM stripe_events WHERE project_id = ?1 AND mode = ?2 ORDER BY received_at DESC, event_id DESC LIMIT ${maxRead}`;

/** Prepares the statement that `toWebhookSilence` reads: how the newest events of a project and mode arrived. */
export const prepareWebhookArrivals = (db: D1Database, { projectId, mode }: Scope): D1PreparedStatement =>
  db.prepare(select).bind(projectId, mode);

type ArrivalRow = EventArrival & { threshold: number | null };

/** Judges the webhook of a connection with the threshold of the project, or the default. */
export function toWebhookSilence(
  result: D1Result | undefined,
  { webhookSetAt, now }: { webhookSetAt: number | null; now: number },
): WebhookSilence | null {
  const rows = (result?.results ?? []) as unknown as ArrivalRow[];
  return judgeWebhook(rows, {
    webhookSetAt,
    threshold: rows[0]?.threshold ?? alertRules.stripe_webhook_silent.threshold.fallback,
    now,
  });
}
