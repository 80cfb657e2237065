import { WorkerEntrypoint } from "cloudflare:workers";
import type { Scope } from "../../../shared/contract/scope.ts";
import { withD1Timeout } from "../../../shared/db/d1-timeout.ts";
import { dataByNumber, dataOf, listDatabases } from "../../../shared/db/databases.ts";
import { type DeliveryRow, readDelivery } from "../../../shared/db/deliveries.ts";
import { readDeliveryJob } from "../../../shared/db/delivery-jobs.ts";
import { readProjectSettings } from "../../../shared/db/projects.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { runAuthorized } from "../../../shared/operations/run.ts";
import { findActiveSecrets, parseSigningSecrets } from "../../../shared/webhooks/signing-secrets.ts";
import { listDeliveries } from "../../../workers/deliveries/db/deliveries.ts";
import { listEndpoints } from "../../../workers/deliveries/db/endpoints.ts";
import type { DeliveriesEnv } from "../../../workers/deliveries/env.ts";
import { deliveriesOperations } from "../../../workers/deliveries/operations/table.ts";

/** A delivery, as the seed and tests read it. */
export type DeliveryView = Omit<DeliveryRow, "leaseId">;

/**
 * Runs webhook operations as an owner without a session, and reads webhook data, for the seed and tests.
 *
 * Development only: this folder's entry adds it to the worker, and only the development gateway binds it.
 */
export class DevelopmentOperator extends WorkerEntrypoint<DeliveriesEnv> {
  constructor(ctx: ExecutionContext, env: DeliveriesEnv) {
    super(ctx, withD1Timeout(env));
  }

  async run(operation: string, scope: Scope, input: unknown): Promise<{ outcome: string }> {
    const project = await readProjectSettings(this.env.DB, scope.projectId);
    if (project === null) throw new Error(`Project not found: ${scope.projectId}`);
    const { accountId, region } = project;
    const operator = { operatorId: "opr_development", name: "Development", email: "development@localhost" };
    const actor = { accountId, ...operator, ipAddress: null };
    const permit = { role: "owner", actor, now: await currentTime(this.env.DEV), region } as const;
    const waitUntil = (work: Promise<unknown>) => this.ctx.waitUntil(work);
    const host = { env: this.env, waitUntil };
    return runAuthorized(deliveriesOperations, host, permit, { operation, scope, input });
  }

  async listEndpoints(scope: Scope) {
    const now = await currentTime(this.env.DEV);
    const rows = await listEndpoints(dataOf(this.env, scope), scope);
    return rows.map(({ signingSecrets, ...endpoint }) => {
      const [, former] = findActiveSecrets(parseSigningSecrets(signingSecrets), now);
      return { ...endpoint, formerSecretSignsUntil: former?.signsUntil ?? null };
    });
  }

  /** Lists deliveries, newest event first. */
  async listDeliveries(
    scope: Scope,
    filter: Parameters<typeof listDeliveries>[2],
    page: { after: string | null; limit: number },
  ): Promise<{ deliveries: DeliveryView[]; cursor: string | null }> {
    const rows = await listDeliveries(dataOf(this.env, scope), scope, filter, {
      ...page,
      limit: page.limit + 1,
    });
    const deliveries = rows.slice(0, page.limit).map(({ leaseId: _, ...delivery }) => delivery);
    return { deliveries, cursor: rows.length > page.limit ? (deliveries.at(-1)?.deliveryId ?? null) : null };
  }

  async readDelivery(scope: Scope, deliveryId: string) {
    return readDelivery(dataOf(this.env, scope), scope, deliveryId);
  }

  async readJob(jobId: string) {
    const found = await Promise.all(
      listDatabases(this.env).map((number) => readDeliveryJob(dataByNumber(this.env, number), jobId)),
    );
    return found.find((job) => job !== null) ?? null;
  }
}
