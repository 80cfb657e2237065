import { replayEvents } from "../../../shared/contract/operations/endpoints.ts";
import { jobAlreadyStarted } from "../../../shared/contract/operations/jobs.ts";
import { refusal } from "../../../shared/contract/operations/reply.ts";
import { signalTypes, usageEventTypes } from "../../../shared/contract/outbound-event.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { readEndpoint } from "../../../shared/db/endpoints.ts";
import { countReplayEvents, insertDeliveryJob } from "../db/delivery-jobs.ts";
import { retentionMs } from "../sweeps/retention.ts";
import { implement } from "./implement.ts";
import { unknownEndpoint } from "./refusals.ts";

/**
 * Starts to send one endpoint every event of its types that occurred at `since` or later, whether or not it had it
 * before. A receiver drops duplicates by event id and sequence. Events without rows (older than 30 days, or usage that no
 * endpoint subscribed to) are first restored from the ledgers.
 */
export const replay = implement(
  replayEvents,
  async ({ env, scope, actor, now, audit, waitUntil }, { jobId, endpointId, since }) => {
    if (since > now) return refusal("invalid", "Choose a time in the past.", "since");
    const endpoint = await readEndpoint(dataOf(env, scope), scope, endpointId);
    if (endpoint === null) return unknownEndpoint;
    const { eventTypes } = endpoint;
    // Events of these types are rows only since an endpoint subscribed to them.
    const isOptional = [...usageEventTypes, ...signalTypes].some((type) => eventTypes.includes(type));
    const isKept = since >= now - retentionMs && !isOptional;
    const total = isKept
      ? await countReplayEvents(dataOf(env, scope), scope, { since, eventTypes }, now)
      : null;
    const selection = { kind: "replay" as const, endpointId, since, eventTypes };
    const phase = isKept ? ("deliveries" as const) : ("ledger" as const);
    const job = { jobId, selection, phase, total: total ?? 0, actorId: actor.operatorId };
    const after = { endpoint: endpointId, since: new Date(since).toISOString() };
    const entry = audit({ target: endpointId, after });
    if (!(await insertDeliveryJob(dataOf(env, scope), scope, job, entry))) return jobAlreadyStarted;
    waitUntil(env.LANES.runJob({ projectId: scope.projectId, jobId }));
    return { outcome: "done", jobId, total };
  },
);
