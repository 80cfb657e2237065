import type { z } from "zod";
import type { Role } from "../roles.ts";
import type { Scope } from "../scope.ts";
import type { OperatorCaller, Refusal } from "./reply.ts";

/**
 * One operation of an operator, declared once. The worker that serves it, the portal's routes, the permission table in
 * docs/portal.md, the audit log's actions and the tests of permissions all read this declaration.
 */
export interface Operation {
  /** `<entity>.<verb>`. */
  readonly name: string;
  /** The worker that executes it. */
  readonly worker: "runtime" | "deliveries" | "portal";
  /** Whether it acts in one project and mode, or on the operator's whole account. */
  readonly scope: "project" | "account";
  /** The lowest role that is allowed to run it. */
  readonly role: Role;
  /** When the operator must have entered the password, or a code, within the last 30 minutes. */
  readonly recentAuth: "never" | "live" | "always";
  /** The audit actions it writes. Empty for operations that only read. */
  readonly audit: readonly string[];
  /** A message in the schema is shown to the operator; an error without one means that the form was altered. */
  readonly input: z.ZodType;
  /** A type only: what the operation returns besides a refusal. */
  readonly output: OutputType<object>;
}

declare const outputType: unique symbol;
export interface OutputType<Output> {
  readonly [outputType]?: Output;
}

/** The output of an operation that is done, with `T` next to `outcome`. */
export const done = <T extends object = object>(): OutputType<{ outcome: "done" } & T> => ({});

/** The output of an operation with more outcomes than `done`. */
export const output = <T extends { outcome: string }>(): OutputType<T> => ({});

export const operation = <const Declared extends Operation>(declared: Declared): Declared => declared;

/** What a caller passes: the input before the schema's transformations. */
export type InputOf<O extends Operation> = z.input<O["input"]>;
/** What the implementation receives. */
export type ParsedInputOf<O extends Operation> = z.output<O["input"]>;
export type ReplyOf<O extends Operation> =
  | (O["output"] extends OutputType<infer Output> ? Output : never)
  | Refusal;

/** One call of an operation, as it crosses from the portal to another worker. `input` is parsed by the callee. */
export interface OperationCall {
  operation: string;
  caller: OperatorCaller;
  /** `null` for operations on the whole account. */
  scope: Scope | null;
  input: unknown;
}

/** The RPC entrypoint of a worker that serves operations. */
export interface OperatorRpc {
  run(call: OperationCall): Promise<{ outcome: string }>;
}
