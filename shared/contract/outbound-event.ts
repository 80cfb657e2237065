import { z } from "zod";
import { entitlementKinds, entitlementStatuses, modes } from "./enums.ts";

/** The event types an endpoint can subscribe to. `endpoint.test` is separate: it is sent on request only. */
export const outboundEventTypes = [
  "purchase.finalized",
  "entitlement.updated",
  "usage.consumed",
  "usage.reserved",
  "usage.released",
  "subscription.updated",
  "subscription.deleted",
  "invoice.payment_succeeded",
  "invoice.payment_failed",
  "access.gained",
  "access.lost",
  "usage.low",
  "usage.recovered",
  "entitlement.expiring",
] as const;
export type OutboundEventType = (typeof outboundEventTypes)[number];

/** The types that become event rows only where an endpoint subscribes to them: there may be many a second. */
export const usageEventTypes = ["usage.consumed", "usage.reserved", "usage.released"] as const;
export type UsageEventType = (typeof usageEventTypes)[number];

/** The types that become event rows only where an endpoint subscribes to them: they repeat what the others say. */
export const signalTypes = [
  "access.gained",
  "access.lost",
  "usage.low",
  "usage.recovered",
  "entitlement.expiring",
] as const satisfies OutboundEventType[];
export type SignalType = (typeof signalTypes)[number];

const time = z.iso.datetime();

/** Every key is always present, and `null` where it does not apply. `reason` is an open set. */
export const outboundEventDataSchema = z
  .strictObject({
    subject_ref: z.string().nullable(),
    project_id: z.string(),
    mode: z.enum(modes),
    product_code: z.string().nullable(),
    kind: z.enum(entitlementKinds).nullable(),
    status: z.enum(entitlementStatuses).nullable(),
    reason: z.string(),
    source: z.enum(["runtime", "stripe", "portal", "system"]),
    entitlement_id: z.string().nullable(),
    attempt_id: z.string().nullable(),
    /** Units granted, consumed, reserved or released. In `entitlement.updated`, the change: negative when units were removed. */
    units: z.int().nullable(),
    /** Units left in all usable packs combined, after the change. */
    usage_remaining: z.int().nullable(),
    amount_total: z.int().nullable(),
    currency: z.string().nullable(),
    stripe_checkout_session_id: z.string().nullable(),
    stripe_payment_intent_id: z.string().nullable(),
    stripe_subscription_id: z.string().nullable(),
    current_period_end: time.nullable(),
    expires_at: time.nullable(),
    canceled_at: time.nullable(),
    actor_user_id: z.string().nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
    created_at: time.nullable(),
    updated_at: time.nullable(),
    lots: z.array(z.strictObject({ entitlement_id: z.string(), units: z.int() })).nullable(),
    /** The reservation that the units were reserved for, settled from or released by. */
    reservation_id: z.string().nullable(),
    /** `access.gained` and `access.lost` only: the decision after the change. An operator can look it up in the portal. */
    decision_id: z.string().nullable(),
    /** The subject's ledger position. A receiver drops events older than the latest one it processed. */
    sequence: z.int().nullable(),
  })
  .meta({ id: "EventData" });

export type OutboundEventData = z.infer<typeof outboundEventDataSchema>;

/** Any event. */
export const outboundEventSchema = z.strictObject({
  id: z.string().regex(/^evt_[0-9a-z]{26}$/),
  type: z.enum([...outboundEventTypes, "endpoint.test"]),
  timestamp: time,
  data: outboundEventDataSchema,
});

/** The body of a delivery. It is built once, and every attempt sends the same bytes. */
export type OutboundEvent = z.infer<typeof outboundEventSchema>;
