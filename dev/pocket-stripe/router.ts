import type { Context } from "./context.ts";
import type { StripeApiError } from "./errors.ts";
import type { FormParts } from "./form.ts";
import { type Decoded, decodeFields, type Fields } from "./params.ts";
import type { ApiObject } from "./wire.ts";

export interface Call<F extends Fields> {
  context: Context;
  /** The object's id from the path, or an empty string. */
  id: string;
  params: Decoded<F>;
}

/**
 * A returned failure keeps the changes of the call, unlike a thrown one: a declined payment was attempted.
 */
export type Outcome = ApiObject | StripeApiError;

export interface Route {
  method: "GET" | "POST" | "DELETE";
  /** `/v1/prices/:id` */
  path: string;
  /** Permission that a restricted key needs, without `_read` or `_write`: `rak_product`. */
  permission: string;
  /** Validates the parameters or throws Stripe's error. Returns the function that executes the call. */
  prepare(id: string, parts: FormParts): (context: Context) => Outcome;
}

export function route<F extends Fields>(
  method: Route["method"],
  path: string,
  permission: string,
  fields: F,
  run: (call: Call<F>) => Outcome,
): Route {
  return {
    method,
    path,
    permission,
    prepare(id, parts) {
      const params = decodeFields(fields, parts);
      return (context) => run({ context, id, params });
    },
  };
}

export function findRoute(
  routes: Route[],
  method: string,
  path: string,
): { route: Route; id: string } | undefined {
  for (const candidate of routes) {
    if (candidate.method !== method) continue;
    const match = new RegExp(`^${candidate.path.replace(":id", "([^/]+)")}$`).exec(path);
    if (match !== null) return { route: candidate, id: decodeURIComponent(match[1] ?? "") };
  }
  return undefined;
}
