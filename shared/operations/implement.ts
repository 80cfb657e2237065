import type { Region } from "../contract/enums.ts";
import type { Operation, ParsedInputOf, ReplyOf } from "../contract/operations/operation.ts";
import type { OperationOf } from "../contract/operations/table.ts";
import type { Role } from "../contract/roles.ts";
import type { Scope } from "../contract/scope.ts";
import type { Actor, AuditEntry } from "../db/audit.ts";
import type { OperatorSession, SessionKey } from "../db/session.ts";
import { parseInput } from "./parse-input.ts";

/** What an implementation knows of a call that was authorized. */
export interface OperationContext<Env, O extends Operation = Operation> {
  env: Env;
  actor: Actor;
  role: Role;
  /** The stack's clock, in milliseconds since 1970. */
  now: number;
  scope: O["scope"] extends "project" ? Scope : null;
  /** The region of the scope's project. */
  region: O["scope"] extends "project" ? Region : null;
  /** Builds the audit entry of this call, for the batch of the change itself. */
  audit(entry: AuditInput<O>): AuditEntry;
  /** Keeps the worker alive for work that continues after the reply. */
  waitUntil(work: Promise<unknown>): void;
}

/** An operation that writes one audit action implies it; one that writes several names it. */
type AuditInput<O extends Operation> = Pick<AuditEntry, "target" | "before" | "after"> &
  (O["audit"] extends readonly [string] ? { action?: never } : { action: O["audit"][number] });

/**
 * Reads rows that the operation needs in the round trip of the session. They reach the operation only if the call is
 * authorized. Returns `null` to read nothing.
 */
export type ReadAhead<Env, O extends Operation, Ahead> = (
  call: { env: Env; scope: O["scope"] extends "project" ? Scope : null },
  input: ParsedInputOf<O>,
  session: SessionKey,
) => Promise<{ session: OperatorSession | null; ahead: Ahead }> | null;

export interface Implementation<Env, Name extends string = string> {
  operation: Operation & { name: Name };
  execute(context: OperationContext<Env, never>, input: unknown): Promise<{ outcome: string }>;
  readAhead?(
    call: { env: Env; scope: Scope | null },
    input: unknown,
    session: SessionKey,
  ): ReturnType<ReadAhead<Env, Operation, unknown>>;
}

/** One implementation for each operation of a worker: the compiler names the one that is missing. */
export type Implementations<Env, Worker extends Operation["worker"]> = {
  readonly [Name in OperationOf<Worker>["name"]]: Implementation<Env, Name>;
};

/** Returns `implement` for a worker's bindings: it ties an operation to the function that executes it. */
export const implementer =
  <Env>() =>
  <O extends Operation, Ahead = null>(
    operation: O,
    execute: (
      context: OperationContext<Env, O> & WithAhead<Ahead>,
      input: ParsedInputOf<O>,
    ) => Promise<ReplyOf<O>>,
    readAhead?: ReadAhead<Env, O, Ahead>,
  ): Implementation<Env, O["name"]> => ({
    operation,
    // `runOperation` parses the input by the operation's schema and builds the context by its scope.
    execute: execute as Implementation<Env>["execute"],
    ...(readAhead === undefined ? {} : { readAhead: parseFirst(operation, readAhead) }),
  });

/** What `readAhead` read; `null` where it read nothing, and for a call without a session. */
export interface WithAhead<Ahead> {
  ahead: Ahead | null;
}

/** Reads nothing for a damaged input: the call is refused after its authorization. */
const parseFirst =
  <Env, O extends Operation, Ahead>(operation: O, readAhead: ReadAhead<Env, O, Ahead>) =>
  (call: { env: Env; scope: Scope | null }, input: unknown, session: SessionKey) => {
    const parsed = parseInput(operation, input);
    if (parsed.outcome === "refused") return null;
    return readAhead(call as unknown as Parameters<typeof readAhead>[0], parsed.input, session);
  };
