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

/** Stores an event of an object of this account, and sends it to the subscribed endpoints. */
export function emitEvent<T extends Stripe.Event["type"]>(
  context: Context,
  type: T,
  object: EventObject<T>,
  previousAttributes?: JsonObject,
): void {
  sendEvent(context, context, {
    type,
    created: context.now,
    data: {
      object: object as unknown as JsonObject,
      ...(previousAttributes === undefined ? {} : { previous_attributes: previousAttributes }),
    },
  });
}

/**
 * Stores an event of `origin` and a delivery for each endpoint of `receiver` that subscribed to it, in the
 * transaction of the change. The delivery mode decides now whether a delivery is sent, held or dropped.
 *
 * The two differ for a connected account: its events belong to it, and go to the platform's endpoints.
 */
export function sendEvent(
  receiver: Context,
  origin: Context,
  { type, created, data }: Pick<StoredEvent, "type" | "created" | "data">,
): StoredEvent {
  const endpoints = receiver.objects
    .list("webhook_endpoint", "/v1/webhook_endpoints", { fields: { status: "enabled" } })
    .data.filter(({ enabled_events: wanted }) => wanted.includes("*") || wanted.includes(type))
    .reverse();
  const isConnected = origin.scope.accountId !== receiver.scope.accountId;
  const event: StoredEvent = {
    id: newId("evt"),
    object: "event",
    ...(isConnected ? { account: origin.scope.accountId } : {}),
    api_version: apiVersion,
    created,
    data,
    livemode: origin.scope.livemode,
    pending_webhooks: endpoints.length,
    request: origin.request ?? { id: null, idempotency_key: null },
    type,
  };
  origin.objects.insert(event, { created });
  const { deliveryMode } = readSettings(receiver.storage, receiver.scope.accountId);
  const state = { normal: "pending", hold: "held", late: "late", drop: "dropped" }[deliveryMode];
  for (const endpoint of endpoints) {
    receiver.storage.sql.exec(
      "INSERT INTO deliveries (scope, event, endpoint, state, next_at_ms) VALUES (?, ?, ?, ?, ?)",
      scopeName(receiver.scope),
      event.id,
      endpoint.id,
      state,
      Date.now() + firstAttemptGraceMs,
    );
  }
  return event;
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
