import type Stripe from "stripe";
import type { Context } from "../context.ts";
import { invalidRequest, noSuchObject } from "../errors.ts";
import { pageFields } from "../object-store.ts";
import { type Fields, list, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import type { StoredEvent } from "../wire.ts";
import { createdFilter } from "./created-filter.ts";

/** Stripe lists events for 30 days. To recover older ones, a client must read the objects. */
const listedForSeconds = 30 * 86_400;

const listFields = {
  ...pageFields,
  created: createdFilter,
  type: optional(text()),
  types: optional(list(text(), { max: 20 })),
} satisfies Fields & Partial<Record<keyof Stripe.EventListParams, unknown>>;

/**
 * Counts the pending endpoints on read, since the number changes with every attempt. Leaves out `account`,
 * which only the platform of a connected account sees: an account lists its own events alone.
 */
function renderEvent(context: Context, { account: _, ...event }: StoredEvent): StoredEvent {
  const { pending } = context.storage.sql
    .exec<{ pending: number }>(
      "SELECT count(DISTINCT endpoint) AS pending FROM deliveries WHERE event = ? AND state IN ('pending', 'held', 'late')",
      event.id,
    )
    .one();
  return { ...event, pending_webhooks: pending };
}

export const eventRoutes: Route[] = [
  route("GET", "/v1/events", "rak_event", listFields, ({ context, params }) => {
    const { type, types, created } = params;
    if (type !== undefined && types !== undefined) {
      throw invalidRequest("You may only specify one of these parameters: type, types.");
    }
    const oldest = context.now - listedForSeconds;
    const events = context.objects.list("event", "/v1/events", {
      page: params,
      created: {
        gt: created?.gt,
        gte: Math.max(created?.gte ?? oldest, oldest),
        lt: created?.lt,
        lte: created?.lte,
      },
      without: "SELECT event FROM deliveries WHERE state = 'late'",
      fields: type?.includes("*") ? {} : { type: types ?? type },
      ...(type?.includes("*") ? { globs: { type } } : {}),
    });
    return { ...events, data: events.data.map((event) => renderEvent(context, event)) };
  }),

  route("GET", "/v1/events/:id", "rak_event", {}, ({ context, id }) => {
    const event = context.objects.get("event", id);
    if (event.created < context.now - listedForSeconds) throw noSuchObject("event", id);
    return renderEvent(context, event);
  }),
];
