import type { AddressPolicy } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../env.ts";

/**
 * Loopback receivers are a power of development and hang on its one binding. Throws where `PUBLIC_ORIGIN` is not set:
 * without it an endpoint could be ourselves, so nothing is saved or sent until it is; what is due stays due.
 */
export function addressPolicy(env: Pick<DeliveriesEnv, "DEV" | "PUBLIC_ORIGIN">): AddressPolicy {
  const mayBeLoopback = env.DEV !== undefined;
  if (env.PUBLIC_ORIGIN) return { mayBeLoopback, ownHosts: [new URL(env.PUBLIC_ORIGIN).hostname] };
  if (mayBeLoopback) return { mayBeLoopback, ownHosts: [] };
  throw new Error("PUBLIC_ORIGIN is not set: see docs/secrets.md");
}
