import { exports } from "cloudflare:workers";
import type { InputOf, Operation, OperatorRpc, ReplyOf } from "../../shared/contract/operations/operation.ts";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import type { Actor } from "../../shared/db/audit.ts";
import { runAuthorized } from "../../shared/operations/run.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { deliveriesOperations } from "../../workers/deliveries/operations/table.ts";

/** An operation that one worker executes. */
type OperationOf<Worker extends Operation["worker"]> = Operation & { worker: Worker };
type ScopeOf<O extends Operation> = O["scope"] extends "project" ? Scope : null;

/** Calls a worker's entrypoint, as the portal does. */
export const callsOf =
  <Worker extends Operation["worker"]>(entrypoint: OperatorRpc) =>
  <O extends OperationOf<Worker>>(
    operation: O,
    caller: OperatorCaller,
    scope: ScopeOf<O>,
    input: InputOf<O>,
  ): Promise<ReplyOf<O>> =>
    entrypoint.run({ operation: operation.name, caller, scope, input }) as Promise<ReplyOf<O>>;

export const { OperatorEntrypoint: runtimeEntrypoint } = exports as unknown as {
  OperatorEntrypoint: OperatorRpc;
};

/** Runs an operation of the runtime for an operator. */
export const run = callsOf<"runtime">(runtimeEntrypoint);

/** Runs an operation of the deliveries worker as `actor`, who needs no session, when the clock shows `now`. */
export async function runAsActor<O extends OperationOf<"deliveries">>(
  { env, actor, now }: { env: DeliveriesEnv; actor: Actor; now: number },
  operation: O,
  scope: Scope,
  input: InputOf<O>,
): Promise<ReplyOf<O>> {
  const host = { env, waitUntil: () => {} };
  const permit = { actor, role: "owner", now, region: "weur" } as const;
  const call = { operation: operation.name, scope, input };
  return (await runAuthorized(deliveriesOperations, host, permit, call)) as ReplyOf<O>;
}
