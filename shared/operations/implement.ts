import type { Region } from "../contract/enums.ts";
import type { Operation, ParsedInputOf, ReplyOf } from "../contract/operations/operation.ts";
import type { OperationOf } from "../contract/operations/table.ts";
import type { Role } from "../contract/roles.ts";
import type { Scope } from "../contract/scope.ts";
import type { Actor, AuditEntry } from "../db/audit.ts";

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

export interface Implementation<Env, Name extends string = string> {
  operation: Operation & { name: Name };
  execute(context: OperationContext<Env, never>, input: unknown): Promise<{ outcome: string }>;
}

/** One implementation for each operation of a worker: the compiler names the one that is missing. */
export type Implementations<Env, Worker extends Operation["worker"]> = {
  readonly [Name in OperationOf<Worker>["name"]]: Implementation<Env, Name>;
};

/** Returns `implement` for a worker's bindings: it ties an operation to the function that executes it. */
export const implementer =
  <Env>() =>
  <O extends Operation>(
    operation: O,
    execute: (context: OperationContext<Env, O>, input: ParsedInputOf<O>) => Promise<ReplyOf<O>>,
  ): Implementation<Env, O["name"]> => ({
    operation,
    // `runOperation` parses the input by the operation's schema and builds the context by its scope.
    execute: execute as Implementation<Env>["execute"],
  });
