import type { AddressPolicy } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../env.ts";

/**
 * Returns the rules for endpoint addresses. Loopback receivers are allowed only in development, where the
 * binding `DEV` exists. Throws when `PUBLIC_ORIGIN` is not set, because an endpoint could then point at
 * Licenzy itself. Until it is set no endpoint is saved and nothing is sent; due deliveries stay due.
 */
export function getAddressPolicy(env: Pick<DeliveriesEnv, "DEV" | "PUBLIC_ORIGIN">): AddressPolicy {
  const allowsLoopback = env.DEV !== undefined;
  if (env.PUBLIC_ORIGIN)
    return { allowsLoopback: allowsLoopback, ownHosts: [new URL(env.PUBLIC_ORIGIN).hostname] };
  if (allowsLoopback) return { allowsLoopback: allowsLoopback, ownHosts: [] };
  throw new Error("PUBLIC_ORIGIN is not set: see docs/secrets.md");
}
