import type { OperationCall } from "../contract/operations/operation.ts";
import type { AuditEntry } from "../db/audit.ts";
import { bringAuditToLog } from "../db/audit-outbox.ts";
import type { DatabasesEnv } from "../db/databases.ts";
import { type Authorized, authorize, type OperationsEnv } from "./authorize.ts";
import type { Implementation, OperationContext } from "./implement.ts";
import { parseInput } from "./parse-input.ts";

/** The worker that executes an operation. */
type Host<Env> = Pick<OperationContext<Env>, "env" | "waitUntil">;
type Table<Env> = Readonly<Record<string, Implementation<Env>>>;

/**
 * Runs one operation of an operator: finds it, authorizes the caller, parses the input, executes. Nothing the call says
 * counts before it is checked here. Throws for an operation that this worker does not execute.
 */
export async function runOperation<Env extends OperationsEnv>(
  table: Table<Env>,
  host: Host<Env>,
  call: OperationCall,
): Promise<{ outcome: string }> {
  const { env } = host;
  const { caller, scope, input } = call;
  const { operation, readAhead } = findImplementation(table, call);
  let ahead: unknown = null;
  const permit = await authorize(env, caller, scope, operation, (session) => {
    const reading = readAhead?.({ env, scope }, input, session) ?? null;
    if (reading === null) return null;
    return reading.then((read) => {
      ahead = read.ahead;
      return read.session;
    });
  });
  return permit.outcome === "refused" ? permit : runAuthorized(table, host, { ...permit, ahead }, call);
}

/** Parses the input and executes, for a caller that was authorized. */
export async function runAuthorized<Env extends DatabasesEnv>(
  table: Table<Env>,
  { env, waitUntil }: Host<Env>,
  { actor, role, now, region, ahead = null }: Omit<Authorized, "outcome"> & { ahead?: unknown },
  call: Omit<OperationCall, "caller">,
): Promise<{ outcome: string }> {
  const { operation, execute } = findImplementation(table, call);
  const parsed = parseInput(operation, call.input);
  if (parsed.outcome === "refused") return parsed;
  const { scope } = call;
  const [onlyAction] = operation.audit;
  const audit = (entry: Partial<AuditEntry>) =>
    ({ actor, at: now, action: onlyAction, ...scope, ...entry }) as AuditEntry;
  const context = { env, waitUntil, actor, role, now, scope, region, audit, ahead };
  // The table's types tie each implementation to its operation, so scope and input are what it expects.
  const reply = await execute(context as unknown as Parameters<typeof execute>[0], parsed.input);
  if (scope !== null && operation.audit.length > 0) await bringAuditToLog(env, scope.projectId);
  return reply;
}

function findImplementation<Env>(
  table: Table<Env>,
  { operation: name, scope }: Omit<OperationCall, "caller">,
): Implementation<Env> {
  const found = Object.hasOwn(table, name) ? table[name] : undefined;
  if (found === undefined) throw new Error(`This worker does not execute ${name}`);
  if ((found.operation.scope === "project") !== (scope !== null))
    throw new Error(`${name} acts on a whole ${found.operation.scope}`);
  return found;
}
