import { type KeyReply, keyReplySchema } from "../../../shared/contract/key.ts";
import { databasesOf } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { type KeyFacts, readKeyFacts } from "../db/key-facts.ts";
import { defineEndpoint } from "../http/endpoint.ts";
import { jsonReply } from "../http/reply.ts";
import { documentedErrors } from "./documented-errors.ts";
import { replyHeaders } from "./reply-headers.ts";

export const key = defineEndpoint(
  {
    operationId: "getKey",
    tags: ["Diagnostics"],
    summary: "Get the API key's project",
    description:
      "What the key selects: project, mode and plan, how many products are active, and whether Stripe's events arrive. Use it to check an installation, not on every request.",
    request: {},
    responses: {
      200: {
        description: "The key.",
        headers: replyHeaders({ decision: false }),
        content: { "application/json": { schema: keyReplySchema } },
      },
      ...documentedErrors({ body: false }),
    },
  },
  async (c) => {
    const { keyId, projectId, mode, plan, rateLimit } = c.get("caller");
    const facts = await readKeyFacts(
      databasesOf(c.env, { projectId }),
      { projectId, mode },
      await currentTime(c.env.DEV),
    );
    if (facts === null) throw new Error(`the project of the key ${keyId} does not exist`);
    const reply: KeyReply = {
      key_id: keyId,
      mode,
      project_id: projectId,
      project_name: facts.projectName,
      plan,
      rate_limit: rateLimit,
      active_products: facts.activeProducts,
      stripe_webhook: toWebhookReply(facts),
      // The machine's clock also in development: webhooks are signed with it.
      server_time: new Date().toISOString(),
    };
    return jsonReply(c, reply);
  },
);

function toWebhookReply({ isConnected, isRegistered, silence }: KeyFacts): KeyReply["stripe_webhook"] {
  const status = !isConnected
    ? "not_connected"
    : !isRegistered
      ? "not_registered"
      : silence !== null
        ? "silent"
        : "ok";
  return {
    status,
    missed_events: silence?.missed ?? 0,
    silent_since: silence === null ? null : new Date(silence.since).toISOString(),
  };
}
