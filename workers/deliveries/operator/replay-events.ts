import { d1 } from "../../../shared/db/deadline.ts";
import { countReplay, insertJob } from "../../../shared/db/delivery-jobs.ts";
import { readEndpoint, type WebhookScope } from "../../../shared/db/endpoints.ts";
import { newId } from "../../../shared/kit/ids.ts";
import type { DeliveriesEnv } from "../env.ts";
import { keptMs } from "../sweeps/retention.ts";
import type { Actor } from "./actor.ts";

export type ReplayResult =
  /** `total` is `null` while events have to be brought back from the ledgers: the job tells later. */
  { outcome: "started"; jobId: string; total: number | null } | { outcome: "not_found" };

/**
 * Begins to send to one endpoint every event of the types it asks for that occurred at `since` or later, whether or not
 * it had it before. A receiver drops what it knows, by event id and sequence. What is not kept as rows (older than 30 days,
 * or consumption that nobody asked for) is made again from the ledgers first.
 */
export async function replayEvents(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  { endpointId, since }: { endpointId: string; since: number },
  now: number,
): Promise<ReplayResult> {
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return { outcome: "not_found" };
  const { eventTypes } = endpoint;
  const isKept = since >= now - keptMs && !eventTypes.includes("usage.consumed");
  const total = isKept ? await d1(countReplay(env.DB, scope, { since, eventTypes }, now)) : null;
  const jobId = newId("job", now);
  const selection = { kind: "replay" as const, endpointId, since, eventTypes };
  const phase = isKept ? ("deliveries" as const) : ("ledger" as const);
  const job = { jobId, selection, phase, total: total ?? 0, actorId: actor.operatorId };
  await d1(insertJob(env.DB, scope, job, now));
  return { outcome: "started", jobId, total };
}
