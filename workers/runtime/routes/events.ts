import { eventListQuerySchema, eventListReplySchema } from "../../../shared/contract/event-list.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { listEventBodies } from "../db/outbound-event-list.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { requireTestMode } from "../http/require-test-mode.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

export const events = defineEndpoint(
  {
    operationId: "listEvents",
    tags: ["Diagnostics"],
    summary: "List events",
    description:
      "The events of test mode of the last 30 days, newest first, in pages. An event is listed within seconds, so it can appear after a newer one. Usage events and signals (`access.gained`, `access.lost`, `usage.low`, `usage.recovered`, `entitlement.expiring`) are listed only if an endpoint subscribes to their type. For development: in production, receive events through a webhook endpoint, which misses none.",
    request: { query: eventListQuerySchema },
    responses: {
      200: {
        description: "One page.",
        headers: replyHeaders({ decision: false }),
        content: { "application/json": { schema: eventListReplySchema } },
      },
      ...documentedErrors({ body: false, more: ["test_mode_only"] }),
    },
  },
  async (c) => {
    const { limit, starting_after } = c.req.valid("query");
    const caller = c.get("caller");
    requireTestMode(caller);
    // One more than the page shows whether another page follows.
    const bodies = await listEventBodies(dataOf(c.env, caller), caller, starting_after, limit + 1);
    const events = bodies.slice(0, limit).map((body) => JSON.parse(body) as unknown);
    return jsonReply(c, { events, has_more: bodies.length > limit });
  },
);
