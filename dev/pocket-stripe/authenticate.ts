import { StripeApiError } from "./errors.ts";
import type { Route } from "./router.ts";
import type { Scope } from "./scope.ts";

const keyPattern = /^(sk|rk)_(test|live)_([A-Za-z0-9]{8,})(_revoked)?$/;

export interface Caller {
  key: string;
  scope: Scope;
}

/**
 * Accepts any key in Stripe's format. The key names its account and mode: `sk_test_demo0001` and
 * `sk_live_demo0001` are the two modes of `acct_demo0001`. A key that ends in `_revoked` is rejected.
 */
export function authenticate(headers: Headers): Caller {
  const key = readKey(headers.get("authorization"));
  if (key === undefined) {
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  const match = keyPattern.exec(key);
  if (match === null) throw unauthorized(`Invalid API Key provided: ${mask(key)}`);
  const [, , mode, account = "", revoked] = match;
  if (revoked !== undefined) throw unauthorized(`Expired API Key provided: ${mask(key)}`, "api_key_expired");
  return { key, scope: { accountId: `acct_${account}`, livemode: mode === "live" } };
}

/** Returns the permission that a restricted key needs for a route: `rak_product_read`. */
export function toPermission(route: Route): string {
  return `${route.permission}_${route.method === "GET" ? "read" : "write"}`;
}

export function requirePermission(
  caller: Caller,
  permission: string,
  missing: readonly string[] | undefined,
): void {
  if (!caller.key.startsWith("rk_") || missing?.includes(permission) !== true) return;
  throw new StripeApiError(403, {
    type: "invalid_request_error",
    message: `The provided key '${mask(caller.key)}' does not have the required permissions for this endpoint on account '${caller.scope.accountId}'. Having the '${permission}' permission would allow this request to continue.`,
  });
}

function readKey(authorization: string | null): string | undefined {
  const [, scheme, value = ""] = /^(Bearer|Basic) +(\S+)$/i.exec(authorization ?? "") ?? [];
  if (scheme === undefined) return undefined;
  if (scheme.toLowerCase() === "bearer") return value;
  // `curl -u sk_test_…:` sends the key as the user name, without a password.
  try {
    return atob(value).split(":")[0];
  } catch {
    return value;
  }
}

function mask(key: string): string {
  return key.length <= 12
    ? "*".repeat(key.length)
    : `${key.slice(0, 8)}${"*".repeat(key.length - 12)}${key.slice(-4)}`;
}

function unauthorized(message: string, code?: string): StripeApiError {
  return new StripeApiError(401, {
    type: "invalid_request_error",
    message,
    ...(code === undefined ? {} : { code }),
  });
}
