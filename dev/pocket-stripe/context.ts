import type Stripe from "stripe";
import { ObjectStore } from "./object-store.ts";
import type { Scope } from "./scope.ts";

/** The scope, time and cause of a change of objects. */
export interface Context {
  scope: Scope;
  /** Seconds since 1970 on the virtual clock. For a timer, the time at which it was due. */
  now: number;
  /** The causing API call. `null` for timers and the pay page. */
  request: Stripe.Event.Request | null;
  objects: ObjectStore;
  storage: DurableObjectStorage;
  publicOrigin: string;
}

export function openContext(
  storage: DurableObjectStorage,
  publicOrigin: string,
  scope: Scope,
  now: number,
  request: Stripe.Event.Request | null = null,
): Context {
  return { scope, now, request, objects: new ObjectStore(storage.sql, scope), storage, publicOrigin };
}
