import type Stripe from "stripe";
import { ObjectStore } from "./object-store.ts";
import type { Scope } from "./scope.ts";

/** Everything that changes objects gets one of these: whose objects, when, and on whose request. */
export interface Context {
  scope: Scope;
  /** Seconds since 1970 on the virtual clock. For what falls due, the moment when it fell due. */
  now: number;
  /** The API call that is the cause; `null` for what happens by itself or on the pay page. */
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
