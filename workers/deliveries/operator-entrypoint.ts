import { WorkerEntrypoint } from "cloudflare:workers";
import type { OperatorCaller, Place, Refusal } from "../../shared/contract/operator.ts";
import type { Role } from "../../shared/contract/roles.ts";
import type { DeliveryFilter, WebhookOperatorRpc } from "../../shared/contract/webhook-operator.ts";
import type { Authorized, Needs } from "../../shared/db/authorize.ts";
import type { DeliveriesEnv } from "./env.ts";
import { permitFor } from "./operator/actor.ts";
import { createEndpoint } from "./operator/create-endpoint.ts";
import { deleteEndpoint } from "./operator/delete-endpoint.ts";
import { listJobs, readJob, stopJob } from "./operator/jobs.ts";
import { listDeliveries } from "./operator/list-deliveries.ts";
import { listEndpoints } from "./operator/list-endpoints.ts";
import { readDelivery } from "./operator/read-delivery.ts";
import { replayEvents } from "./operator/replay-events.ts";
import { countRequeueable, requeueMany } from "./operator/requeue-many.ts";
import { requeueDelivery, resendDelivery } from "./operator/restart-delivery.ts";
import { sendTestEvent } from "./operator/send-test-event.ts";
import { disableEndpoint, enableEndpoint } from "./operator/set-endpoint-enabled.ts";
import { revealSecret, rotateSecret } from "./operator/signing-secret.ts";
import { updateEndpoint } from "./operator/update-endpoint.ts";

type Rpc = WebhookOperatorRpc;
type Given<Name extends keyof Rpc> = Parameters<Rpc[Name]>[2];

/** What acts for customers' backends asks for a fresh proof in live mode; stopping something never does: it must not wait. */
const operate = { role: "support", proofInLive: true } as const;
const configure = { role: "admin", proofInLive: true } as const;

/**
 * Everything an operator can do with webhooks. An RPC entrypoint: no HTTP request reaches it, only a worker whose
 * configuration binds it. Each method takes the caller's session first and finds out itself who that is and what they
 * may; what changes something writes its audit entry in the transaction of the change.
 */
export class WebhookOperatorEntrypoint extends WorkerEntrypoint<DeliveriesEnv> implements WebhookOperatorRpc {
  createEndpoint(caller: OperatorCaller, place: Place, endpoint: Given<"createEndpoint">) {
    return this.act(caller, place, configure, ({ actor, now }) =>
      createEndpoint(this.env, actor, place, endpoint, now),
    );
  }

  updateEndpoint(caller: OperatorCaller, place: Place, edit: Given<"updateEndpoint">) {
    return this.act(caller, place, configure, ({ actor, now }) =>
      updateEndpoint(this.env, actor, place, edit, now),
    );
  }

  disableEndpoint(caller: OperatorCaller, place: Place, endpointId: string) {
    return this.act(caller, place, { role: "admin" }, ({ actor, now }) =>
      disableEndpoint(this.env, actor, place, endpointId, now),
    );
  }

  enableEndpoint(caller: OperatorCaller, place: Place, endpointId: string, waiting: "send" | "drop") {
    return this.act(caller, place, configure, ({ actor, now }) =>
      enableEndpoint(this.env, actor, place, endpointId, waiting, now),
    );
  }

  deleteEndpoint(caller: OperatorCaller, place: Place, endpointId: string) {
    return this.act(caller, place, configure, ({ actor, now }) =>
      deleteEndpoint(this.env, actor, place, endpointId, now),
    );
  }

  revealSecret(caller: OperatorCaller, place: Place, endpointId: string) {
    return this.act(caller, place, { role: "admin", proofAlways: true }, ({ actor, now }) =>
      revealSecret(this.env, actor, place, endpointId, now),
    );
  }

  rotateSecret(caller: OperatorCaller, place: Place, rotation: Given<"rotateSecret">) {
    return this.act(caller, place, configure, ({ actor, now }) =>
      rotateSecret(this.env, actor, place, rotation, now),
    );
  }

  sendTestEvent(caller: OperatorCaller, place: Place, endpointId: string) {
    return this.act(caller, place, operate, ({ actor, now }) =>
      sendTestEvent(this.env, actor, place, endpointId, now),
    );
  }

  requeueDelivery(caller: OperatorCaller, place: Place, deliveryId: string) {
    return this.act(caller, place, operate, ({ actor, now }) =>
      requeueDelivery(this.env, actor, place, deliveryId, now),
    );
  }

  resendDelivery(caller: OperatorCaller, place: Place, deliveryId: string) {
    return this.act(caller, place, operate, ({ actor, now }) =>
      resendDelivery(this.env, actor, place, deliveryId, now),
    );
  }

  requeueMany(caller: OperatorCaller, place: Place, job: Given<"requeueMany">) {
    return this.act(caller, place, operate, async ({ actor, now }) => {
      const reply = await requeueMany(this.env, actor, place, job, now);
      if (reply.outcome === "done") this.ctx.waitUntil(this.env.LANES.runJob(reply.jobId));
      return reply;
    });
  }

  replayEvents(caller: OperatorCaller, place: Place, job: Given<"replayEvents">) {
    return this.act(caller, place, operate, async ({ actor, now }) => {
      const reply = await replayEvents(this.env, actor, place, job, now);
      if (reply.outcome === "done") this.ctx.waitUntil(this.env.LANES.runJob(reply.jobId));
      return reply;
    });
  }

  stopJob(caller: OperatorCaller, place: Place, jobId: string) {
    return this.act(caller, place, { role: "support" }, ({ actor, now }) =>
      stopJob(this.env, actor, place, jobId, now),
    );
  }

  // Reading, for who has no D1 of their own: the portal reads the same rows by itself, in one round trip.

  listEndpoints(caller: OperatorCaller, place: Place) {
    return this.act(caller, place, viewer, ({ now }) => listEndpoints(this.env, place, now));
  }

  listDeliveries(
    caller: OperatorCaller,
    place: Place,
    filter: DeliveryFilter,
    page: { after: string | null; limit: number },
  ) {
    return this.act(caller, place, viewer, () => listDeliveries(this.env, place, filter, page));
  }

  readDelivery(caller: OperatorCaller, place: Place, deliveryId: string) {
    return this.act(caller, place, viewer, () => readDelivery(this.env, place, deliveryId));
  }

  countRequeueable(caller: OperatorCaller, place: Place, filter: DeliveryFilter) {
    return this.act(caller, place, viewer, () => countRequeueable(this.env, place, filter));
  }

  listJobs(caller: OperatorCaller, place: Place) {
    return this.act(caller, place, viewer, () => listJobs(this.env, place));
  }

  readJob(caller: OperatorCaller, place: Place, jobId: string) {
    return this.act(caller, place, viewer, () => readJob(this.env, place, jobId));
  }

  /** Lets whoever may do it, and says to others why not. */
  private async act<T>(
    caller: OperatorCaller,
    place: Place,
    needs: Omit<Needs, "place">,
    work: (permit: Authorized) => Promise<T>,
  ): Promise<T | Refusal> {
    const permit = await permitFor(this.env, caller, { ...needs, place });
    return permit.outcome === "refused" ? permit : work(permit);
  }
}

const viewer = { role: "viewer" as Role };
