import { z } from "zod";
import { modes, planStatuses } from "./enums.ts";

/** Whether Stripe's events arrive. `silent`: Licenzy found events at Stripe that the webhook did not deliver. */
const stripeWebhookStates = ["not_connected", "not_registered", "silent", "ok"] as const;

export const keyReplySchema = z
  .object({
    key_id: z.string(),
    mode: z.enum(modes),
    project_id: z.string(),
    project_name: z.string(),
    plan: z.enum(planStatuses).meta({ description: "Live writes require `trial` or `active`." }),
    rate_limit: z.int().meta({ description: "Requests per 10 seconds and location." }),
    active_products: z.int().meta({ description: "The number of products that can be sold." }),
    stripe_webhook: z.object({
      status: z.enum(stripeWebhookStates),
      missed_events: z.int().meta({ description: "The events in a row that the webhook did not deliver." }),
      silent_since: z.iso
        .datetime()
        .nullable()
        .meta({ description: "When Stripe created the first of them; null if the webhook is not silent." }),
    }),
    server_time: z.iso.datetime().meta({
      description: "The server's clock. A clock that is off by more than 300 s fails webhook verification.",
    }),
  })
  .meta({
    id: "Key",
    example: {
      key_id: "key_06h0ts0anhptwk1eckyg2m31a4",
      mode: "test",
      project_id: "prj_06h0ts0anhptwk1eckyg2m31a4",
      project_name: "Demo",
      plan: "active",
      rate_limit: 10_000,
      active_products: 3,
      stripe_webhook: { status: "ok", missed_events: 0, silent_since: null },
      server_time: "2026-04-01T12:00:00.000Z",
    },
  });

export type KeyReply = z.infer<typeof keyReplySchema>;
