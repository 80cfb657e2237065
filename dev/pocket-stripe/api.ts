import { authenticate, type Caller, requirePermission, toPermission } from "./authenticate.ts";
import { type Context, openContext } from "./context.ts";
import { errorJson, invalidRequest, StripeApiError, unknownPath } from "./errors.ts";
import { expand } from "./expand.ts";
import { expansionPermissions } from "./expansion-permissions.ts";
import { decodeForm, type FormParts } from "./form.ts";
import { computeFingerprint, type IdempotentCall, keyInUse, readReply, storeReply } from "./idempotency.ts";
import { oldApiVersions } from "./old-api-versions.ts";
import { list, optional, text } from "./params.ts";
import { renderForVersion } from "./render.ts";
import { findRoute, type Route } from "./router.ts";
import { routes } from "./routes.ts";
import { scopeName } from "./scope.ts";
import { readSettings } from "./settings.ts";
import { apiVersion, type ObjectName } from "./wire.ts";

export interface ApiCall {
  method: string;
  /** Starts with `/v1/`. */
  path: string;
  /** The query of a GET or DELETE, the body of a POST. */
  form: string;
  headers: Headers;
  requestId: string;
  /** Seconds since 1970, virtual clock. */
  now: number;
}

export interface ApiReply {
  status: number;
  body: string;
  requestId: string;
  /** Whether this is the stored reply of an earlier call. */
  replayed: boolean;
}

export interface ApiHost {
  storage: DurableObjectStorage;
  publicOrigin: string;
  /** Idempotency keys of calls that currently hang. */
  keysInUse: ReadonlySet<string>;
}

/**
 * Handles one call, synchronously. Its reads, writes, events and stored reply are one transaction. An error
 * rolls back everything, and then only its reply is stored.
 */
export function handleCall(host: ApiHost, call: ApiCall): ApiReply {
  try {
    const caller = authenticate(call.headers);
    const key = readIdempotency(call, caller);
    const matched = findRoute(routes, call.method, call.path);
    if (matched === undefined) throw unknownPath(call.method, call.path);
    const missing = readSettings(host.storage).missingPermissions[caller.key];
    requirePermission(caller, toPermission(matched.route), missing);
    if (key !== undefined) {
      if (host.keysInUse.has(toInUseKey(key))) throw keyInUse(key.key);
      const before = readReply(host.storage.sql, key, call.now);
      if (before !== undefined) return { ...before, replayed: true };
    }
    const run = prepare(call, matched.route, matched.id, (type) =>
      requirePermission(caller, expansionPermissions[type], missing),
    );
    return execute(host, call, caller, key, run);
  } catch (error) {
    return failureReply(error, call.requestId);
  }
}

type Run = (context: Context) => Pick<ApiReply, "status" | "body">;

function prepare(call: ApiCall, route: Route, id: string, authorize: (type: ObjectName) => void): Run {
  const parts: FormParts = decodeForm(call.form);
  const paths = optional(list(text(), { max: 20 }))(parts.get("expand"), "expand") ?? [];
  parts.delete("expand");
  const version = call.headers.get("stripe-version");
  if (version !== null && version !== apiVersion && !oldApiVersions.includes(version)) {
    throw invalidRequest(
      `Invalid Stripe API version: ${version}. Pocket Stripe knows ${apiVersion} and ${oldApiVersions.join(", ")}.`,
    );
  }
  const work = route.prepare(id, parts);
  return (context) => {
    const outcome = work(context);
    if (outcome instanceof StripeApiError) return failureReply(outcome, call.requestId);
    // An event keeps its shape, whatever version the caller requests.
    const shape = call.path.startsWith("/v1/events") ? null : version;
    const answer = renderForVersion(context, expand(context, outcome, paths, authorize), shape);
    return { status: 200, body: JSON.stringify(answer, null, 2) };
  };
}

function execute(
  host: ApiHost,
  call: ApiCall,
  caller: Caller,
  key: IdempotentCall | undefined,
  run: Run,
): ApiReply {
  const { storage } = host;
  const store = (reply: ApiReply): ApiReply => {
    if (key !== undefined) storeReply(storage.sql, key, reply, call.now);
    return reply;
  };
  try {
    return storage.transactionSync(() => {
      storage.sql.exec("INSERT OR IGNORE INTO accounts VALUES (?, ?)", caller.scope.accountId, call.now);
      const request = { id: call.requestId, idempotency_key: key?.key ?? null };
      const context = openContext(storage, host.publicOrigin, caller.scope, call.now, request);
      return store({ ...run(context), requestId: call.requestId, replayed: false });
    });
  } catch (error) {
    return storage.transactionSync(() => store(failureReply(error, call.requestId)));
  }
}

/**
 * Returns `error` in Stripe's shape. Anything but a `StripeFailure` is a bug in pocket Stripe: it is
 * returned as a 500 and logged.
 */
export function failureReply(error: unknown, requestId: string): ApiReply {
  if (!(error instanceof StripeApiError)) console.error(error);
  const failure =
    error instanceof StripeApiError
      ? error
      : new StripeApiError(500, { type: "api_error", message: `Pocket Stripe failed: ${String(error)}` });
  const body = JSON.stringify(errorJson(failure.error, requestId), null, 2);
  return { status: failure.status, body, requestId, replayed: false };
}

export function readIdempotency(call: ApiCall, caller: Caller): IdempotentCall | undefined {
  const key = call.headers.get("idempotency-key");
  if (key === null || call.method !== "POST") return undefined;
  if (key.length > 255) throw invalidRequest("Idempotency keys can have 255 characters at most.");
  return { scope: scopeName(caller.scope), key, path: call.path, fingerprint: computeFingerprint(call.form) };
}

/** Returns the entry of a key in `keysInUse`. */
export function toInUseKey({ scope, key }: IdempotentCall): string {
  return `${scope} ${key}`;
}
