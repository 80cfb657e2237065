import { WorkerEntrypoint } from "cloudflare:workers";
import type { OperationCall, OperatorRpc } from "../../shared/contract/operations/operation.ts";
import { withD1Timeout } from "../../shared/db/d1-timeout.ts";
import { runOperation } from "../../shared/operations/run.ts";
import type { DeliveriesEnv } from "./env.ts";
import { deliveriesOperations } from "./operations/table.ts";

/**
 * Executes operators' operations on endpoints and deliveries for the portal. An RPC entrypoint: only a worker
 * that binds it in its configuration can call it. HTTP requests cannot.
 */
export class WebhookOperatorEntrypoint extends WorkerEntrypoint<DeliveriesEnv> implements OperatorRpc {
  constructor(ctx: ExecutionContext, env: DeliveriesEnv) {
    super(ctx, withD1Timeout(env));
  }

  run(call: OperationCall): Promise<{ outcome: string }> {
    const waitUntil = (work: Promise<unknown>) => this.ctx.waitUntil(work);
    return runOperation(deliveriesOperations, { env: this.env, waitUntil }, call);
  }
}
