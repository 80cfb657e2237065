import type { DeliveryFilter } from "../../../shared/contract/webhook-operator.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { type DeliveryRow, listDeliveries as listRows } from "../../../shared/db/deliveries.ts";
import type { WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";

export type DeliveryView = Omit<DeliveryRow, "leaseId">;

export interface DeliveryPage {
  deliveries: DeliveryView[];
  /** For `after` of the next page; `null` on the last one. */
  cursor: string | null;
}

const largestPage = 100;

/** Newest event first, `limit` (1 to 100) at a time. */
export async function listDeliveries(
  env: DeliveriesEnv,
  scope: WebhookScope,
  filter: DeliveryFilter,
  { after, limit }: { after: string | null; limit: number },
): Promise<DeliveryPage> {
  const size = Math.min(Math.max(Math.trunc(limit), 1), largestPage);
  // One more than is shown tells whether there are more.
  const rows = await d1(listRows(env.DB, scope, filter, { after, limit: size + 1 }));
  const deliveries = rows.slice(0, size).map(({ leaseId: _, ...delivery }) => delivery);
  return { deliveries, cursor: rows.length > size ? (deliveries.at(-1)?.deliveryId ?? null) : null };
}
