import { d1 } from "../../../shared/db/deadline.ts";
import { type DeliveryAttemptRow, readDelivery as readRow } from "../../../shared/db/deliveries.ts";
import type { WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";
import type { DeliveryView } from "./list-deliveries.ts";

export interface DeliveryDetail {
  delivery: DeliveryView;
  /** `body` is what was signed and sent, byte for byte. */
  event: { body: string; occurredAt: number; sequence: number | null };
  endpoint: { url: string; isEnabled: boolean; deletedAt: number | null };
  /** Oldest first; the last one may be under way. */
  attempts: DeliveryAttemptRow[];
}

export async function readDelivery(
  env: DeliveriesEnv,
  scope: WebhookScope,
  deliveryId: string,
): Promise<DeliveryDetail | null> {
  const row = await d1(readRow(env.DB, scope, deliveryId));
  if (row === null) return null;
  const { leaseId: _, ...delivery } = row.delivery;
  return { ...row, delivery };
}
