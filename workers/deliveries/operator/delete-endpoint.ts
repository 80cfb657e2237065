import { d1 } from "../../../shared/db/deadline.ts";
import { deleteEndpointRow, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { endDeliveriesOfDeleted } from "../../../shared/db/sweep-deliveries.ts";
import type { DeliveriesEnv } from "../env.ts";

const rowsAtOnce = 1_000;

/** Nothing is sent any more, and its secrets are gone. What waits becomes `dead`; beyond 1,000 rows the sweep goes on. */
export async function deleteEndpoint(
  env: DeliveriesEnv,
  scope: WebhookScope,
  endpointId: string,
  now: number,
): Promise<{ outcome: "deleted" | "not_found" }> {
  if (!(await d1(deleteEndpointRow(env.DB, scope, endpointId, now)))) return { outcome: "not_found" };
  await d1(endDeliveriesOfDeleted(env.DB, now, rowsAtOnce));
  return { outcome: "deleted" };
}
