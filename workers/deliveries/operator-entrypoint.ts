import { WorkerEntrypoint } from "cloudflare:workers";
import type { DeliveryFilter } from "../../shared/db/deliveries.ts";
import type { WebhookScope } from "../../shared/db/endpoints.ts";
import { currentTime } from "../../shared/kit/clock.ts";
import { defaultOverlapMs } from "../../shared/webhooks/signing-secrets.ts";
import type { DeliveriesEnv } from "./env.ts";
import { type Actor, actorOf, type OperatorCaller, type Permission } from "./operator/actor.ts";
import { createEndpoint } from "./operator/create-endpoint.ts";
import { deleteEndpoint } from "./operator/delete-endpoint.ts";
import type { EndpointInput } from "./operator/endpoint-input.ts";
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

/**
 * Everything an operator can do with webhooks. An RPC entrypoint: no HTTP request reaches it, only a worker whose
 * configuration binds it. Each method takes the caller's session first and finds out itself who that is and what they may.
 */
export class WebhookOperatorEntrypoint extends WorkerEntrypoint<DeliveriesEnv> {
  async listEndpoints(caller: OperatorCaller, scope: WebhookScope) {
    const { now } = await this.enter(caller, scope, "read");
    return listEndpoints(this.env, scope, now);
  }

  async createEndpoint(caller: OperatorCaller, scope: WebhookScope, input: EndpointInput) {
    const { now } = await this.enter(caller, scope, "configure");
    return createEndpoint(this.env, scope, input, now);
  }

  async updateEndpoint(
    caller: OperatorCaller,
    scope: WebhookScope,
    endpointId: string,
    input: EndpointInput,
  ) {
    const { now } = await this.enter(caller, scope, "configure");
    return updateEndpoint(this.env, scope, endpointId, input, now);
  }

  async disableEndpoint(caller: OperatorCaller, scope: WebhookScope, endpointId: string) {
    const { now } = await this.enter(caller, scope, "configure");
    return disableEndpoint(this.env, scope, endpointId, now);
  }

  async enableEndpoint(
    caller: OperatorCaller,
    scope: WebhookScope,
    endpointId: string,
    waiting: "send" | "drop",
  ) {
    const { now } = await this.enter(caller, scope, "configure");
    return enableEndpoint(this.env, scope, endpointId, waiting, now);
  }

  async deleteEndpoint(caller: OperatorCaller, scope: WebhookScope, endpointId: string) {
    const { now } = await this.enter(caller, scope, "configure");
    return deleteEndpoint(this.env, scope, endpointId, now);
  }

  async revealSecret(caller: OperatorCaller, scope: WebhookScope, endpointId: string) {
    await this.enter(caller, scope, "configure");
    return revealSecret(this.env, scope, endpointId);
  }

  async rotateSecret(
    caller: OperatorCaller,
    scope: WebhookScope,
    endpointId: string,
    overlapMs = defaultOverlapMs,
  ) {
    const { now } = await this.enter(caller, scope, "configure");
    return rotateSecret(this.env, scope, endpointId, overlapMs, now);
  }

  async sendTestEvent(caller: OperatorCaller, scope: WebhookScope, endpointId: string) {
    const { actor, now } = await this.enter(caller, scope, "operate");
    return sendTestEvent(this.env, actor, scope, endpointId, now);
  }

  async listDeliveries(
    caller: OperatorCaller,
    scope: WebhookScope,
    filter: DeliveryFilter,
    page: { after: string | null; limit: number },
  ) {
    await this.enter(caller, scope, "read");
    return listDeliveries(this.env, scope, filter, page);
  }

  async readDelivery(caller: OperatorCaller, scope: WebhookScope, deliveryId: string) {
    await this.enter(caller, scope, "read");
    return readDelivery(this.env, scope, deliveryId);
  }

  async requeueDelivery(caller: OperatorCaller, scope: WebhookScope, deliveryId: string) {
    const { now } = await this.enter(caller, scope, "operate");
    return requeueDelivery(this.env, scope, deliveryId, now);
  }

  async resendDelivery(caller: OperatorCaller, scope: WebhookScope, deliveryId: string) {
    const { now } = await this.enter(caller, scope, "operate");
    return resendDelivery(this.env, scope, deliveryId, now);
  }

  async countRequeueable(caller: OperatorCaller, scope: WebhookScope, filter: DeliveryFilter) {
    await this.enter(caller, scope, "read");
    return countRequeueable(this.env, scope, filter);
  }

  async requeueMany(caller: OperatorCaller, scope: WebhookScope, filter: DeliveryFilter) {
    const { actor, now } = await this.enter(caller, scope, "operate");
    const job = await requeueMany(this.env, actor, scope, filter, now);
    this.ctx.waitUntil(this.env.LANES.runJob(job.jobId));
    return job;
  }

  async replayEvents(
    caller: OperatorCaller,
    scope: WebhookScope,
    replay: { endpointId: string; since: number },
  ) {
    const { actor, now } = await this.enter(caller, scope, "operate");
    const result = await replayEvents(this.env, actor, scope, replay, now);
    if (result.outcome === "started") this.ctx.waitUntil(this.env.LANES.runJob(result.jobId));
    return result;
  }

  async listJobs(caller: OperatorCaller, scope: WebhookScope) {
    await this.enter(caller, scope, "read");
    return listJobs(this.env, scope);
  }

  async readJob(caller: OperatorCaller, scope: WebhookScope, jobId: string) {
    await this.enter(caller, scope, "read");
    return readJob(this.env, scope, jobId);
  }

  async stopJob(caller: OperatorCaller, scope: WebhookScope, jobId: string) {
    const { now } = await this.enter(caller, scope, "operate");
    return stopJob(this.env, scope, jobId, now);
  }

  private async enter(
    caller: OperatorCaller,
    scope: WebhookScope,
    permission: Permission,
  ): Promise<{ actor: Actor; now: number }> {
    const now = await currentTime(this.env.DEV);
    return { actor: await actorOf(this.env, caller, scope, permission), now };
  }
}
