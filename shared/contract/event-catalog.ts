import { z } from "zod";
import { type OutboundEventType, outboundEventSchema } from "./outbound-event.ts";

/** What happened, by event type. The portal and the OpenAPI document show it. */
export const eventTypeDescriptions: Record<OutboundEventType, string> = {
  "purchase.finalized": "A purchase completed.",
  "entitlement.updated": "A customer's access, expiry or balance changed.",
  "usage.consumed": "Units were consumed (one event per API call).",
  "usage.reserved": "Units were reserved for a job.",
  "usage.released": "Reserved units were released.",
  "subscription.updated": "A subscription's status, period or plan changed.",
  "subscription.deleted": "A subscription ended.",
  "invoice.payment_succeeded": "A renewal was paid.",
  "invoice.payment_failed": "A renewal failed.",
  "access.gained": "A customer who was denied may proceed.",
  "access.lost": "A customer who could proceed is denied. `reason` is the denial reason.",
  "usage.low": "A customer's units fell to the threshold of the project or product.",
  "usage.recovered": "A customer's units rose to more than 10% above the threshold.",
  "entitlement.expiring": "A pass, pack or subscription ends soon.",
};

/** The schema of each event type's body, `endpoint.test` included. Each has an id, so that generated clients name it. */
export const eventSchemas = Object.entries({
  ...eventTypeDescriptions,
  "endpoint.test": "An operator sent a test event.",
}).map(([type, description]) => ({
  type,
  description,
  schema: outboundEventSchema.extend({ type: z.literal(type) }).meta({ id: toSchemaName(type), description }),
}));

/** `invoice.payment_failed` becomes `InvoicePaymentFailedEvent`. */
function toSchemaName(type: string): string {
  const words = type.split(/[._]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join("")}Event`;
}
