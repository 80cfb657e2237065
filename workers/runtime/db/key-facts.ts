import type { Scope } from "../../../shared/contract/scope.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { prepareWebhookArrivals, toWebhookSilence } from "../../../shared/db/webhook-arrivals.ts";
import type { WebhookSilence } from "../../../shared/domain/webhook-silence.ts";

const select = `
  SELECT name AS projectName,
    (SELECT count(*) FROM products WHERE project_id = ?1 AND mode = ?2 AND archived_at IS NULL) AS activeProducts,
    EXISTS (SELECT 1 FROM stripe_connections WHERE project_id = ?1 AND mode = ?2) AS isConnected,
    (SELECT webhook_set_at FROM stripe_connections WHERE project_id = ?1 AND mode = ?2) AS webhookSetAt
  FROM projects WHERE project_id = ?1`;

interface Row {
  projectName: string;
  activeProducts: number;
  isConnected: 0 | 1;
  webhookSetAt: number | null;
}

/** What a key's holder may know of the project and mode: no secret, and nothing of an operator. */
export interface KeyFacts {
  projectName: string;
  activeProducts: number;
  isConnected: boolean;
  /** Whether Stripe's webhook is registered, so that its events can be verified. */
  isRegistered: boolean;
  silence: WebhookSilence | null;
}

/** Reads the facts in one round trip. `now` is in milliseconds since 1970. Returns `null` if the project does not exist. */
export async function readKeyFacts(
  databases: Databases,
  scope: Scope,
  now: number,
): Promise<KeyFacts | null> {
  const { control, data } = databases;
  const [[facts], [arrivals]] = await batchBoth(
    databases,
    [control.prepare(select).bind(scope.projectId, scope.mode)],
    [prepareWebhookArrivals(data, scope)],
  );
  const row = (facts?.results as unknown as Row[] | undefined)?.[0];
  if (row === undefined) return null;
  const { projectName, activeProducts, isConnected, webhookSetAt } = row;
  return {
    projectName,
    activeProducts,
    isConnected: isConnected === 1,
    isRegistered: webhookSetAt !== null,
    silence: toWebhookSilence(arrivals, { webhookSetAt, now }),
  };
}
