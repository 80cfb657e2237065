import type { Region } from "../../shared/contract/enums.ts";
import type { ConsumeCommand } from "../../shared/domain/consume.ts";
import { type SubjectIdentity, subjectName } from "../../shared/domain/subject-name.ts";
import {
  DependencyUnavailableError,
  remainingMs,
  TimeoutError,
  withTimeout,
} from "../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "./env.ts";
import { replicaName } from "./replica/access-replica.ts";
import type { UsageCommand, UsageResult } from "./subject/apply-usage.ts";
import { pack, unpack } from "./subject/packed.ts";
import type { ConsumeResult, DecisionAt, ProductDecisionsAt, SubjectSnapshot } from "./subject/rpc-types.ts";
import type { Subject } from "./subject/subject.ts";
import { timeouts } from "./timeouts.ts";

/** The subject's methods with their own types: the platform's stub types lose unions on the way. */
export type SubjectRpc = Pick<
  Subject,
  | "packedCheck"
  | "packedCheckProducts"
  | "read"
  | "packedConsume"
  | "packedUsage"
  | "applyStripe"
  | "previewStripe"
  | "auditStripe"
  | "hasOpenSubscription"
  | "nextReview"
  | "customerView"
  | "previewManual"
  | "applyManual"
  | "exportState"
  | "exportEntries"
  | "exportRequests"
  | "decisionAsOf"
  | "verify"
  | "resync"
  | "restoreEvents"
  | "wake"
  | "rearm"
  | "erase"
>;

/** The subject's object, in its project's region. Getting the stub costs nothing; calling it does. */
function subjectStub(env: RuntimeEnv, identity: SubjectIdentity): SubjectRpc {
  const id = env.SUBJECT.idFromName(subjectName(identity));
  return env.SUBJECT.get(id, { locationHint: identity.region }) as unknown as SubjectRpc;
}

/**
 * Calls the subject's object, and once more when the platform says that the first call may be repeated (an object that
 * moved or restarted). `call` must be safe to repeat, as every method of `Subject` is.
 *
 * With `timeoutMs`, both calls together take at most that long, and every failure is a `DependencyUnavailableError`. What a
 * late call did stays done.
 */
export async function callSubject<T>(
  env: RuntimeEnv,
  identity: SubjectIdentity,
  call: (subject: SubjectRpc) => Promise<T>,
  timeoutMs?: number,
): Promise<T> {
  const startedAt = Date.now();
  // A stub is broken once a call on it failed: each call takes a new one.
  const attempt = () => {
    const result = call(subjectStub(env, identity));
    if (timeoutMs === undefined) return result;
    return withTimeout(dependency, remainingMs(startedAt, timeoutMs), result);
  };
  try {
    return await attempt();
  } catch (error) {
    if (!isRetryable(error)) throw error;
  }
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof DependencyUnavailableError) throw error;
    throw new DependencyUnavailableError(dependency, { cause: error });
  }
}

/** The name of the object in errors. */
const dependency = "Subject";

function isRetryable(error: unknown): boolean {
  const cause = error instanceof DependencyUnavailableError ? error.cause : error;
  if (!(cause instanceof Error)) return false;
  const { retryable, overloaded } = cause as Error & { retryable?: boolean; overloaded?: boolean };
  return retryable === true && overloaded !== true;
}

/**
 * A subject as the routes of the API call it. Each call fails with a `DependencyUnavailableError` when the request's time
 * for it, counted from `startedAt`, is used up.
 */
export class SubjectClient {
  constructor(
    private readonly env: RuntimeEnv,
    readonly identity: SubjectIdentity,
    /** The caller's region, if it is not the subject's. */
    private readonly away: Region | null,
    private readonly startedAt: number,
  ) {}

  /** Answers a check with a state that contains the entry `atLeast`, from the replica of the caller's region if it is away. */
  async check(atLeast: number): Promise<DecisionAt> {
    if (this.away === null) return this.checkAtHome(timeouts.check);
    try {
      return await this.checkReplica(this.away, atLeast);
    } catch (error) {
      if (error instanceof DependencyUnavailableError && error.cause instanceof TimeoutError) throw error;
      // The replica moves or failed, or the subject did: the subject's own answer is always exact.
      return this.checkAtHome(timeouts.checkAway);
    }
  }

  private async checkAtHome(timeoutMs: number): Promise<DecisionAt> {
    return unpack(await this.call((subject) => subject.packedCheck(), timeoutMs));
  }

  private async checkReplica(region: Region, atLeast: number): Promise<DecisionAt> {
    const { env, identity, startedAt } = this;
    const id = env.ACCESS_REPLICA.idFromName(replicaName(identity, region));
    const replica = env.ACCESS_REPLICA.get(id, { locationHint: region });
    const checking = replica.packedCheck(pack({ identity, region, atLeast }));
    return unpack(await withTimeout(dependency, remainingMs(startedAt, timeouts.checkAway), checking));
  }

  async checkProducts(productCodes: readonly string[]): Promise<ProductDecisionsAt> {
    const timeoutMs = this.away === null ? timeouts.check : timeouts.checkAway;
    return unpack(await this.call((subject) => subject.packedCheckProducts(productCodes), timeoutMs));
  }

  read(): Promise<SubjectSnapshot> {
    return this.call((subject) => subject.read(), timeouts.read);
  }

  async consume(command: ConsumeCommand): Promise<ConsumeResult> {
    const packed = pack({ identity: this.identity, command });
    return unpack(await this.call((subject) => subject.packedConsume(packed), timeouts.consume));
  }

  async usage(command: UsageCommand): Promise<UsageResult> {
    const packed = pack({ identity: this.identity, command });
    return unpack(await this.call((subject) => subject.packedUsage(packed), timeouts.consume));
  }

  private call<T>(method: (subject: SubjectRpc) => Promise<T>, timeoutMs: number): Promise<T> {
    return callSubject(this.env, this.identity, method, remainingMs(this.startedAt, timeoutMs));
  }
}
