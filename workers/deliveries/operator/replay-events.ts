import { damagedJob, isJobId, jobSentTwice } from "../../../shared/contract/job.ts";
import { refusal } from "../../../shared/contract/operator.ts";
import type { WebhookOperatorRpc } from "../../../shared/contract/webhook-operator.ts";
import type { Actor, AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { countReplay, insertJob } from "../../../shared/db/delivery-jobs.ts";
import { readEndpoint, type WebhookScope } from "../../../shared/db/endpoints.ts";
import type { DeliveriesEnv } from "../env.ts";
import { keptMs } from "../sweeps/retention.ts";
import { unknownEndpoint } from "./unknown.ts";

/**
 * Begins to send to one endpoint every event of the types it asks for that occurred at `since` or later, whether or not
 * it had it before. A receiver drops what it knows, by event id and sequence. What is not kept as rows (older than 30 days,
 * or consumption that nobody asked for) is made again from the ledgers first.
 */
export async function replayEvents(
  env: DeliveriesEnv,
  actor: Actor,
  scope: WebhookScope,
  { jobId, endpointId, since }: { jobId: string; endpointId: string; since: number },
  now: number,
): ReturnType<WebhookOperatorRpc["replayEvents"]> {
  if (!isJobId(jobId)) return damagedJob;
  if (!(since >= 0 && since <= now))
    return refusal("invalid", "Choose a moment that has been already.", "since");
  const endpoint = await d1(readEndpoint(env.DB, scope, endpointId));
  if (endpoint === null) return unknownEndpoint;
  const { eventTypes } = endpoint;
  const isKept = since >= now - keptMs && !eventTypes.includes("usage.consumed");
  const total = isKept ? await d1(countReplay(env.DB, scope, { since, eventTypes }, now)) : null;
  const selection = { kind: "replay" as const, endpointId, since, eventTypes };
  const phase = isKept ? ("deliveries" as const) : ("ledger" as const);
  const job = { jobId, selection, phase, total: total ?? 0, actorId: actor.operatorId };
  const after = { endpoint: endpointId, since: new Date(since).toISOString() };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "endpoint.replay",
    target: endpointId,
    ...scope,
    after,
  };
  if (!(await d1(insertJob(env.DB, scope, job, audit)))) return jobSentTwice;
  return { outcome: "done", jobId, total };
}
