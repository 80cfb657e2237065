import type { OperationCall } from "../contract/operations/operation.ts";
import type { AuditEntry } from "../db/audit.ts";
import { authorize, type OperationsEnv } from "./authorize.ts";
import type { Implementation, OperationContext } from "./implement.ts";
import { parseInput } from "./parse-input.ts";

/**
 * Runs one operation of an operator: finds it, authorizes the caller, parses the input, executes. Nothing the call says
 * counts before it is checked here. Throws for an operation that this worker does not execute.
 */
export async function runOperation<Env extends OperationsEnv>(
  implementations: Readonly<Record<string, Implementation<Env>>>,
  { env, waitUntil }: Pick<OperationContext<Env>, "env" | "waitUntil">,
  { operation: name, caller, scope, input }: OperationCall,
): Promise<{ outcome: string }> {
  const implementation = Object.hasOwn(implementations, name) ? implementations[name] : undefined;
  if (implementation === undefined) throw new Error(`This worker does not execute ${name}`);
  const { operation, execute } = implementation;
  if ((operation.scope === "project") !== (scope !== null))
    throw new Error(`${name} acts on a whole ${operation.scope}`);
  const permit = await authorize(env, caller, scope, operation);
  if (permit.outcome === "refused") return permit;
  const parsed = parseInput(operation, input);
  if (parsed.outcome === "refused") return parsed;
  const { actor, role, now, region } = permit;
  const [onlyAction] = operation.audit;
  const audit: OperationContext<Env>["audit"] = ({ action = onlyAction, ...entry }) =>
    ({ actor, at: now, action, ...scope, ...entry }) as AuditEntry;
  const context = { env, waitUntil, actor, role, now, scope, region, audit };
  return execute(context as unknown as Parameters<typeof execute>[0], parsed.input);
}
