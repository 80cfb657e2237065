import type {
  ConsumeReply,
  ErrorCodes,
  ReleaseReply,
  ReserveReply,
  ReserveRequest,
  ReverseReply,
  SettleReply,
  SettleRequest,
} from "./contract.ts";
import { toIdempotencyKey } from "./idempotency-key.ts";
import { Lease, type LeaseOptions, type LeaseResult } from "./lease.ts";
import type { WriteOptions } from "./options.ts";
import type { Result } from "./result.ts";
import type { Transport } from "./transport.ts";
import { type JobOptions, type JobResult, type JobValue, runJob } from "./with-usage.ts";

type ReserveOptions = WriteOptions & Omit<ReserveRequest, "subjectRef" | "units">;
type SettleOptions = WriteOptions & Omit<SettleRequest, "subjectRef" | "reservationId" | "units">;

export class Usage {
  constructor(
    private readonly transport: Transport,
    /** Answers from before a change of the balance may be wrong after it. */
    private readonly onChange: (subjectRef: string) => void,
  ) {}

  /** Spends units: all of them or none. */
  consume(
    subjectRef: string,
    units: number,
    options: WriteOptions = {},
  ): Promise<Result<ConsumeReply, ErrorCodes["consumeUsage"]>> {
    return this.write("consume", { subjectRef, units }, options);
  }

  /** Holds units for a job with a cost that is known at its end. */
  reserve(
    subjectRef: string,
    units: number,
    { expiresInSeconds, onExpiry, ...options }: ReserveOptions = {},
  ): Promise<Result<ReserveReply, ErrorCodes["reserveUsage"]>> {
    return this.write("reserve", { subjectRef, units, expiresInSeconds, onExpiry }, options);
  }

  /** Spends what a job used of its reservation, and releases the rest. */
  settle(
    subjectRef: string,
    reservationId: string,
    units: number,
    { allowMore, keepOpen, ...options }: SettleOptions = {},
  ): Promise<Result<SettleReply, ErrorCodes["settleUsage"]>> {
    return this.write("settle", { subjectRef, reservationId, units, allowMore, keepOpen }, options);
  }

  /** Gives back everything that a reservation holds. */
  release(
    subjectRef: string,
    reservationId: string,
    options: WriteOptions = {},
  ): Promise<Result<ReleaseReply, ErrorCodes["releaseUsage"]>> {
    return this.write("release", { subjectRef, reservationId }, options);
  }

  /** Gives back, once, what the consume or settle with this event id took. */
  async reverse(
    subjectRef: string,
    consumedEventId: string,
    { units, ...options }: WriteOptions & { units?: number } = {},
  ): Promise<Result<ReverseReply, ErrorCodes["reverseUsage"]>> {
    const consumeKey = await toIdempotencyKey(consumedEventId);
    return this.write("reverse", { subjectRef, consumeKey, units }, options);
  }

  /** Reserves `estimate`, runs `job`, settles what it returns, and releases everything if it throws. */
  withUsage<Value extends JobValue>(
    subjectRef: string,
    estimate: number,
    job: () => Promise<Value>,
    options: JobOptions = {},
  ): Promise<JobResult<Value>> {
    return runJob(this, subjectRef, estimate, job, options);
  }

  /** Reserves `units` that this process then spends from memory, without a request for each. */
  lease(subjectRef: string, units: number, options: LeaseOptions = {}): Promise<LeaseResult> {
    return Lease.open(this, subjectRef, units, options);
  }

  private async write<Reply, Code extends string>(
    operation: string,
    body: { subjectRef: string; [member: string]: unknown },
    options: WriteOptions,
  ): Promise<Result<Reply, Code>> {
    const idempotencyKey = await toIdempotencyKey(options.eventId);
    const call = { method: "POST", path: `/v1/usage/${operation}`, body, idempotencyKey } as const;
    // Also where the outcome is unknown.
    this.onChange(body.subjectRef);
    const result = await this.transport.call<Reply, Code>(call, options);
    this.onChange(body.subjectRef);
    return result;
  }
}
