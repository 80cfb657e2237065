import type Stripe from "stripe";
import type { Context } from "./context.ts";
import { difference } from "./difference.ts";
import { newId } from "./ids.ts";
import { scopeName } from "./scope.ts";
import { readSettings } from "./settings.ts";
import {
  apiVersion,
  type JsonObject,
  type ObjectName,
  type StoredEvent,
  type StripeObjects,
  type Wire,
} from "./wire.ts";

type EventObject<T extends Stripe.Event["type"]> = Wire<Extract<Stripe.Event, { type: T }>["data"]["object"]>;

/**
 * Time for the immediate attempt before the alarm sends the event. A kill right after the commit delays the
 * event by this much.
 */
export const firstAttemptGraceMs = 2_000;

/**
 * Stores an event and a delivery for each subscribed endpoint, in the transaction of the change. The
 * delivery mode decides now whether a delivery is sent, held or dropped.
 */
export function emitEvent<T extends Stripe.Event["type"]>(
  context: Context,
  type: T,
  object: EventObject<T>,
  previousAttributes?: JsonObject,
): void {
  const endpoints = context.objects
    .list("webhook_endpoint", "/v1/webhook_endpoints", { fields: { status: "enabled" } })
    .data.filter(({ enabled_events: wanted }) => wanted.includes("*") || wanted.includes(type))
    .reverse();
  const event: StoredEvent = {
    id: newId("evt"),
    object: "event",
    api_version: apiVersion,
    created: context.now,
    data: {
      object: object as unknown as JsonObject,
      ...(previousAttributes === undefined ? {} : { previous_attributes: previousAttributes }),
    },
    livemode: context.scope.livemode,
    pending_webhooks: endpoints.length,
    request: context.request ?? { id: null, idempotency_key: null },
    type,
  };
  context.objects.insert(event, { created: context.now });
  const { deliveryMode } = readSettings(context.storage, context.scope.accountId);
  const state = { normal: "pending", hold: "held", late: "late", drop: "dropped" }[deliveryMode];
  for (const endpoint of endpoints) {
    context.storage.sql.exec(
      "INSERT INTO deliveries (scope, event, endpoint, state, next_at_ms) VALUES (?, ?, ?, ?, ?)",
      scopeName(context.scope),
      event.id,
      endpoint.id,
      state,
      Date.now() + firstAttemptGraceMs,
    );
  }
}

/** Saves `after` and emits an event with the previous values, if anything differs. Returns `after`. */
export function changeObject<
  T extends Stripe.Event["type"],
  O extends StripeObjects[ObjectName] & EventObject<T>,
>(context: Context, type: T, before: O, after: NoInfer<O>): O {
  const previous = difference(before as unknown as JsonObject, after as unknown as JsonObject);
  if (previous === undefined) return after;
  context.objects.save(after);
  emitEvent(context, type, after, previous);
  return after;
}
