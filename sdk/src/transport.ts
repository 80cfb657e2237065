import { toCamelCase, toSnakeCase } from "./case.ts";
import { type CallOptions, type ClientOptions, checkOptions, isTimeout } from "./options.ts";
import { clientFailure, type Failure, type Result } from "./result.ts";

/**
 * Sends requests, and repeats those with an unknown outcome: with the same key, until the deadline.
 *
 * Every request is a read or has a key, so a repetition never takes effect twice. A definite answer is not repeated:
 * a refusal stays one, and what Stripe refused it would refuse again.
 */
export interface Call {
  method: "GET" | "POST";
  path: string;
  /** The caller's own text, the last part of the path. */
  segment?: string;
  query?: string;
  body?: object;
  idempotencyKey?: string;
  /** The decision that the reply must contain. */
  atLeast?: string;
}

const firstDelayMs = 100;
const maxDelayMs = 5_000;
/** Responses that say nothing about the request, or that it may be repeated. */
const retried = new Set([429, 500, 503, 504]);

export class Transport {
  private readonly timeoutMs: number;
  private readonly retries: number;
  private readonly send: NonNullable<ClientOptions["fetch"]>;

  constructor(private readonly options: ClientOptions) {
    checkOptions(options);
    this.timeoutMs = options.timeoutMs ?? 10_000;
    this.retries = options.retries ?? 3;
    // Read at each call, so that a test can replace the global one.
    this.send = options.fetch ?? ((url, init) => fetch(url, init));
  }

  async call<Reply, Code extends string>(
    call: Call,
    options: CallOptions = {},
  ): Promise<Result<Reply, Code>> {
    return (await this.run(call, options)) as Result<Reply, Code>;
  }

  private async run(call: Call, { timeoutMs = this.timeoutMs, signal }: CallOptions): Promise<unknown> {
    if (!isTimeout(timeoutMs))
      return clientFailure("invalid_argument", "timeoutMs must be above 0 and at most 2147483647.");
    if (call.idempotencyKey === "") return clientFailure("invalid_argument", "eventId must not be empty.");
    if (call.segment !== undefined && !canBeSegment(call.segment))
      return clientFailure("invalid_argument", "The id is '.', '..' or not well-formed Unicode.");
    const deadline = performance.now() + timeoutMs;
    const attempts = this.retries + 1;
    for (let attempt = 1; ; attempt++) {
      if (signal?.aborted) return clientFailure("aborted", "The call's signal was aborted.");
      // One try that hangs leaves time for another.
      const remainingMs = deadline - performance.now();
      // The wait before this try can end after the deadline on a busy machine.
      const tryMs = Math.max(attempt === attempts ? remainingMs : remainingMs / 2, 1);
      const result = await this.attempt(call, tryMs, signal);
      if (result.ok || !isRetried(result) || attempt === attempts) return result;
      const delayMs =
        result.retryAfterMs ?? Math.random() * Math.min(maxDelayMs, firstDelayMs * 2 ** attempt);
      if (performance.now() + delayMs >= deadline) return result;
      await wait(delayMs, signal);
    }
  }

  private async attempt(
    { method, path, segment, query = "", body, idempotencyKey, atLeast }: Call,
    timeoutMs: number,
    signal?: AbortSignal,
  ) {
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
    const target = segment === undefined ? path : `${path}/${encodeURIComponent(segment)}`;
    try {
      const response = await this.send(new URL(target + query, this.options.baseUrl).href, {
        method,
        headers: {
          Authorization: `Bearer ${this.options.apiKey}`,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(idempotencyKey === undefined ? {} : { "Idempotency-Key": idempotencyKey }),
          ...(atLeast === undefined ? {} : { "Licenzy-At-Least": atLeast }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(toSnakeCase(body)) }),
        // A redirect would carry the key to another origin.
        redirect: "manual",
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      return readResponse(response, parse(await response.text()));
    } catch (error) {
      if (signal?.aborted) return clientFailure("aborted", "The call's signal was aborted.");
      const reason = timeout.aborted
        ? "No response in time"
        : error instanceof Error
          ? error.message
          : String(error);
      return clientFailure("unreachable", `Licenzy can't be reached: ${reason}.`);
    }
  }
}

/** A URL parser removes dots, and a lone surrogate has no encoding. */
const canBeSegment = (text: string) => text.isWellFormed() && text !== "." && text !== "..";

/** `null` for a page of a proxy. */
function parse(text: string): unknown {
  try {
    return toCamelCase(JSON.parse(text));
  } catch {
    return null;
  }
}

function readResponse({ status, headers, ok }: Response, body: unknown): Failure<string> | { ok: true } {
  const meta = {
    requestId: headers.get("Request-Id"),
    decisionId: headers.get("Licenzy-Decision"),
    replayed: headers.get("Idempotency-Replayed") === "true",
  };
  const reply = (body ?? {}) as { error?: unknown; message?: string; details?: []; docsUrl?: string };
  if (ok && body !== null && meta.requestId !== null) return { ...reply, ...meta, ok: true };
  // A proxy's own page is not an answer of Licenzy.
  if (typeof reply.error !== "string")
    return { ...clientFailure("unreachable", `Not a response of Licenzy: HTTP ${status}.`), status, ...meta };
  const seconds = Number(headers.get("Retry-After") ?? Number.NaN);
  return {
    ok: false,
    error: reply.error,
    message: reply.message ?? reply.error,
    status,
    retryable: retried.has(status) || reply.error === "idempotency_in_progress",
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : null,
    details: reply.details ?? [],
    docsUrl: reply.docsUrl ?? null,
    ...meta,
  };
}

/** A wrong key, an unknown route and every refusal stay what they are. */
const isRetried = ({ error, retryable }: Failure<string>) => retryable && error !== "aborted";

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    // The event of a signal that is aborted already never comes.
    if (signal?.aborted) return resolve();
    const timer = setTimeout(done, ms);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
