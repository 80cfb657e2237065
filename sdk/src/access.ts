import type {
  AccessCheckReply,
  AccessProductsReply,
  AccessShadowReply,
  ErrorCodes,
  RecoveryReply,
  RecoveryRequest,
} from "./contract.ts";
import type { DecisionCache } from "./decision-cache.ts";
import { toIdempotencyKey } from "./idempotency-key.ts";
import type { CallOptions, WriteOptions } from "./options.ts";
import type { Failure, Result } from "./result.ts";
import type { Transport } from "./transport.ts";

/** What to answer when Licenzy can't be reached. */
export interface FailMode {
  /**
   * - `closed`: denied with the reason `unreachable`.
   * - `open`: allowed.
   * - `last-known`: the last answer, if it is at most `lastKnownForMs` old; otherwise as `closed`.
   *
   * Without it, the result is a failure.
   */
  fail?: "closed" | "open" | "last-known";
  lastKnownForMs?: number;
}

export interface CheckOptions extends CallOptions, FailMode {
  /** Accepts an answer from memory that is at most this old, in milliseconds. 0 by default: every check is sent. */
  maxStaleMs?: number;
  /**
   * The `decisionId` of an earlier result about this customer: the answer is not older than it, wherever it is given. Answers
   * from memory are not used then.
   */
  atLeast?: string;
}

/** Why an answer is not one of this moment. `error`: why Licenzy was not reached. */
export type Stale =
  | { by: "cache"; ageMs: number }
  | { by: "last-known"; ageMs: number; error: string }
  | { by: "closed" | "open"; error: string };

/** Present on an answer that Licenzy did not give at this moment; `null` on one that it did. */
export interface MaybeStale {
  stale: Stale | null;
}

/** The answer of `fail: "closed"` and `fail: "open"`. */
export type Assumed = { subjectRef: string } & (
  | { allowed: true }
  | { allowed: false; reason: "unreachable" }
);

type RecoveryOptions = WriteOptions & Omit<RecoveryRequest, "subjectRef">;

type CheckResult = Result<(AccessCheckReply | Assumed) & MaybeStale, ErrorCodes["checkAccess"]>;
type ProductsReply = AccessProductsReply | (Assumed & { products: []; reason?: string });
type ProductsResult = Result<ProductsReply & MaybeStale, ErrorCodes["checkAccessToProducts"]>;
export type CachedReply = { ok: true; subjectRef: string; allowed: boolean };

/** Failures that say nothing about the customer. A wrong key or an invalid request is never answered by a fail mode. */
const outages = new Set(["unreachable", "temporarily_unavailable", "rate_limited"]);

export class Access {
  constructor(
    private readonly transport: Transport,
    private readonly cache: DecisionCache<CachedReply>,
    private readonly defaults: FailMode,
  ) {}

  /** Checks whether the customer may proceed: at least one entitlement is usable. */
  async check(subjectRef: string, options: CheckOptions = {}): Promise<CheckResult> {
    return (await this.decide("/v1/access/check", { subjectRef }, options)) as CheckResult;
  }

  /** Checks access to products: one of them is enough. */
  async checkProducts(
    subjectRef: string,
    productCodes: readonly string[],
    options: CheckOptions = {},
  ): Promise<ProductsResult> {
    return (await this.decide(
      "/v1/access/products",
      { subjectRef, productCodes },
      options,
    )) as ProductsResult;
  }

  /** Compares what your app decided with Licenzy's decision, before you switch. The portal's Shadow page counts it. */
  shadow(
    subjectRef: string,
    allowed: boolean,
    options?: CallOptions,
  ): Promise<Result<AccessShadowReply, ErrorCodes["shadowAccess"]>> {
    const body = { subjectRef, allowed };
    return this.transport.call({ method: "POST", path: "/v1/access/shadow", body }, options);
  }

  /**
   * Returns what a denied customer can do, with the page of Stripe's to send them to. The same `eventId` answers about
   * the present, and opens no second checkout.
   */
  async recovery(
    subjectRef: string,
    { returnUrl, productCode, ...options }: RecoveryOptions = {},
  ): Promise<Result<RecoveryReply, ErrorCodes["recoverAccess"]>> {
    const idempotencyKey = await toIdempotencyKey(options.eventId);
    const body = { subjectRef, returnUrl, productCode };
    const call = { method: "POST", path: "/v1/access/recovery", body, idempotencyKey } as const;
    return this.transport.call(call, options);
  }

  private async decide(
    path: string,
    body: { subjectRef: string; productCodes?: readonly string[] },
    options: CheckOptions,
  ): Promise<unknown> {
    const { subjectRef, productCodes = [] } = body;
    const question = JSON.stringify([path, productCodes]);
    const { maxStaleMs = 0, atLeast } = options;
    const known =
      maxStaleMs > 0 && atLeast === undefined ? this.cache.find(subjectRef, question, maxStaleMs) : null;
    if (known !== null)
      return { ...known.answer, stale: { by: "cache", ageMs: known.ageMs } satisfies Stale };
    const store = this.cache.begin(subjectRef, question);
    const call = { method: "POST", path, body, ...(atLeast === undefined ? {} : { atLeast }) } as const;
    const result = await this.transport.call<CachedReply, string>(call, options);
    if (result.ok) {
      store(result);
      return { ...result, stale: null };
    }
    return outages.has(result.error)
      ? this.assume(body, question, result, { ...this.defaults, ...options })
      : result;
  }

  private assume(
    { subjectRef, productCodes }: { subjectRef: string; productCodes?: readonly string[] },
    question: string,
    failure: Failure<string>,
    { fail, lastKnownForMs = 0, atLeast }: CheckOptions,
  ): unknown {
    if (fail === undefined) return failure;
    const { error, requestId } = failure;
    const usesMemory = fail === "last-known" && atLeast === undefined;
    const last = usesMemory ? this.cache.findLast(subjectRef, question, lastKnownForMs) : null;
    if (last !== null)
      return { ...last.answer, stale: { by: "last-known", ageMs: last.ageMs, error } satisfies Stale };
    const by = fail === "open" ? "open" : "closed";
    return {
      ok: true,
      subjectRef,
      ...(by === "open" ? { allowed: true } : { allowed: false, reason: "unreachable" }),
      ...(productCodes === undefined ? {} : { products: [] }),
      requestId,
      decisionId: null,
      replayed: false,
      stale: { by, error } satisfies Stale,
    };
  }
}
