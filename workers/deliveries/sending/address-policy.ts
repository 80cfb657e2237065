import type { AddressPolicy } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../env.ts";

/** Loopback receivers are a power of development and hang on its one binding. */
export function addressPolicy(env: Pick<DeliveriesEnv, "DEV" | "PUBLIC_ORIGIN">): AddressPolicy {
  return {
    mayBeLoopback: env.DEV !== undefined,
    ownHosts: env.PUBLIC_ORIGIN === undefined ? [] : [new URL(env.PUBLIC_ORIGIN).hostname],
  };
}
