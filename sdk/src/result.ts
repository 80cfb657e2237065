/** What every result has. `null` and `false` where no response arrived. */
export interface Meta {
  /** The request's id, for Licenzy's support. */
  requestId: string | null;
  /** The decision's id, by which an operator finds it in the portal. */
  decisionId: string | null;
  /** Whether the response repeats that of an earlier request with the same key. */
  replayed: boolean;
}

/**
 * Errors that the SDK itself finds.
 *
 * - `unreachable`: no usable response before the deadline. Whether a write took effect is unknown: repeat it with the
 *   same `eventId`.
 * - `aborted`: your signal ended the call. The same holds.
 * - `invalid_argument`: the call was not sent.
 */
export type ClientErrorCode = "unreachable" | "aborted" | "invalid_argument";

/** A refusal or failure. `error` says which; an exhaustive `switch` over it needs a `default`, as codes may be added. */
export interface Failure<Code extends string> extends Meta {
  ok: false;
  error: Code;
  /** One sentence for the developer: what was wrong and what to do. */
  message: string;
  /** The HTTP status; `null` where no response arrived. */
  status: number | null;
  /** Whether the same call can succeed later. */
  retryable: boolean;
  /** What `Retry-After` says, in milliseconds. */
  retryAfterMs: number | null;
  details: { path: string; message: string }[];
  /** The address of the code's documentation. */
  docsUrl: string | null;
}

export type Success<Reply> = Reply & Meta & { ok: true };

/** One `Failure` per code, so that a check of `error` narrows the type. */
export type Failures<Code extends string> = Code extends string ? Failure<Code> : never;

/** What a call returns. It never throws for a refusal or an unreachable server. */
export type Result<Reply, Code extends string> = Success<Reply> | Failures<Code | ClientErrorCode>;

/** Thrown by `orThrow` and by iterators. */
export class LicenzyError extends Error {
  constructor(readonly failure: Failure<string>) {
    super(`${failure.error}: ${failure.message}`);
    this.name = "LicenzyError";
  }
}

/** Returns the reply, or throws a `LicenzyError`. */
export function orThrow<Reply extends { ok: true }>(result: Reply | Failure<string>): Reply {
  if (result.ok) return result;
  throw new LicenzyError(result);
}

export function clientFailure(error: ClientErrorCode, message: string): Failure<ClientErrorCode> {
  return {
    ok: false,
    error,
    message,
    status: null,
    retryable: error === "unreachable",
    retryAfterMs: null,
    details: [],
    docsUrl: null,
    requestId: null,
    decisionId: null,
    replayed: false,
  };
}
