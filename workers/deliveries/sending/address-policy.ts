import { OwnFaultError } from "../../../shared/kit/own-fault.ts";
import type { AddressPolicy } from "../../../shared/webhooks/endpoint-url.ts";
import type { DeliveriesEnv } from "../env.ts";

/**
 * Returns the rules for endpoint addresses. Loopback receivers are allowed only in development, where the
 * binding `DEV` exists. Throws `OwnFaultError` when `PUBLIC_ORIGIN` is not set, because an endpoint could then point at
 * Licenzy itself. Until it is set no endpoint is saved and nothing is sent; due deliveries stay due.
 */
export function getAddressPolicy(env: Pick<DeliveriesEnv, "DEV" | "PUBLIC_ORIGIN">): AddressPolicy {
  const allowsLoopback = env.DEV !== undefined;
  if (env.PUBLIC_ORIGIN) return { allowsLoopback, ownHosts: [parseHost(env.PUBLIC_ORIGIN)] };
  if (allowsLoopback) return { allowsLoopback, ownHosts: [] };
  throw new OwnFaultError("PUBLIC_ORIGIN is not set. See docs/secrets.md.");
}

function parseHost(origin: string): string {
  try {
    return new URL(origin).hostname;
  } catch {
    throw new OwnFaultError("PUBLIC_ORIGIN is not a URL. See docs/secrets.md.");
  }
}
