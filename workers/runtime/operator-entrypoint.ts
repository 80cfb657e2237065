import { WorkerEntrypoint } from "cloudflare:workers";
import type { OperationCall, OperatorRpc } from "../../shared/contract/operations/operation.ts";
import { withD1Timeout } from "../../shared/db/d1-timeout.ts";
import { runOperation } from "../../shared/operations/run.ts";
import type { RuntimeEnv } from "./env.ts";
import { runtimeOperations } from "./operations/table.ts";

/**
 * Executes operators' operations for the portal. An RPC entrypoint: only a worker that binds it in its configuration
 * can call it. HTTP requests cannot.
 */
export class OperatorEntrypoint extends WorkerEntrypoint<RuntimeEnv> implements OperatorRpc {
  constructor(ctx: ExecutionContext, env: RuntimeEnv) {
    super(ctx, withD1Timeout(env));
  }

  run(call: OperationCall): Promise<{ outcome: string }> {
    const waitUntil = (work: Promise<unknown>) => this.ctx.waitUntil(work);
    return runOperation(runtimeOperations, { env: this.env, waitUntil }, call);
  }
}
