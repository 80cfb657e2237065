/** How to reach Licenzy. */
export interface ClientOptions {
  /** `lz_test_…` or `lz_live_…`. It selects the project and the mode. A missing environment variable throws. */
  apiKey: string | undefined;
  /** The origin of the API, such as `https://api.example.com`. A missing environment variable throws. */
  baseUrl: string | undefined;
  /** The deadline of a call with all of its retries, in milliseconds. 10,000 by default. */
  timeoutMs?: number;
  /** How often a call is repeated after its first try. 3 by default. */
  retries?: number;
  /** Replaces `fetch`, in tests. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** What every call takes. */
export interface CallOptions {
  /** The deadline of this call with all of its retries, in milliseconds. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What every write takes. */
export interface WriteOptions extends CallOptions {
  /**
   * Your own id of what happened, such as an order or a job. The same id never takes effect twice, also when your process
   * restarts in between. Without one, only the retries of this call share a key.
   */
  eventId?: string;
}

/** A longer timer would end at once. */
const maxTimeoutMs = 2 ** 31 - 1;

export const isTimeout = (ms: number) => ms > 0 && ms <= maxTimeoutMs;

/** Throws where the options can't work, before anything is sent. */
export function checkOptions({ apiKey, baseUrl, timeoutMs, retries }: ClientOptions): void {
  // A page or a worker of a page would show the key to every visitor.
  const scope = globalThis as { document?: unknown; window?: unknown; importScripts?: unknown };
  const isServer = "Deno" in scope || "Bun" in scope;
  const isPage = scope.window !== undefined && scope.document !== undefined;
  if (isPage || (typeof scope.importScripts === "function" && !isServer))
    throw new Error("An API key must not reach a browser. Call Licenzy from your backend.");
  if (!/^lz_(test|live)_\S+$/.test(apiKey ?? ""))
    throw new Error("apiKey must begin with lz_test_ or lz_live_. Create a key in the portal.");
  if (!/^https?:\/\/[^\s/]+/.test(baseUrl ?? ""))
    throw new Error("baseUrl must be an http or https URL, such as https://api.example.com.");
  if (timeoutMs !== undefined && !isTimeout(timeoutMs))
    throw new Error(`timeoutMs must be above 0 and at most ${maxTimeoutMs}.`);
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0))
    throw new Error("retries must be a whole number from 0.");
}
