import type { InputOf, Operation, ReplyOf } from "../../shared/contract/operations/operation.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import type { DevelopmentOperator } from "../entries/deliveries/development-operator.ts";

/** Calls a provisioning function through the development gateway. */
export async function provision<T = void>(origin: string, name: string, ...args: unknown[]): Promise<T> {
  return callFunction<T>(origin, `provision/${name}`, args);
}

/** Runs an operation of the deliveries worker through the development gateway, as an owner. */
export async function runWebhookOperation<O extends Operation & { worker: "deliveries" }>(
  origin: string,
  operation: O,
  scope: Scope,
  input: InputOf<O>,
): Promise<ReplyOf<O>> {
  return callFunction<ReplyOf<O>>(origin, "webhooks/run", [operation.name, scope, input]);
}

/** Calls a function that reads endpoints, deliveries or jobs. */
export async function readWebhooks<Name extends keyof ReadableWebhooks>(
  origin: string,
  name: Name,
  ...args: Parameters<ReadableWebhooks[Name]>
): Promise<Awaited<ReturnType<ReadableWebhooks[Name]>>> {
  return callFunction<Awaited<ReturnType<ReadableWebhooks[Name]>>>(origin, `webhooks/${name}`, args);
}

type ReadableWebhooks = Pick<
  DevelopmentOperator,
  "listEndpoints" | "listDeliveries" | "readDelivery" | "readJob"
>;

async function callFunction<T>(origin: string, path: string, args: unknown[]): Promise<T> {
  const response = await fetch(`${origin}/__dev/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(args),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}
