import type { ErrorCodes } from "./contract.ts";
import { toPartId } from "./idempotency-key.ts";
import type { CallOptions } from "./options.ts";
import type { ClientErrorCode, Failures, Meta } from "./result.ts";
import type { Usage } from "./usage.ts";

/**
 * A job with a cost that is known at its end: reserve, run, settle or release.
 *
 * Each request has a key that derives from the job's event id, so a job that is run again after a crash repeats its
 * requests and changes nothing twice. A process that dies in between leaves the units held until the reservation
 * expires. A job that is run again after it threw has no reservation left: what it uses is drawn from the balance.
 */
export interface JobOptions extends CallOptions {
  /** Ends the reserve. What follows the job is sent in any case: it bills the job, or gives the units back. */
  signal?: AbortSignal;
  /** The job's id, the same when the job is run again. */
  eventId?: string;
  /** How long the job may take, 1-86,400 seconds. 900 by default. */
  expiresInSeconds?: number;
}

export interface JobDone<Value> extends Meta {
  ok: true;
  value: Value;
  consumed: number;
  released: number;
  /** Units that the job used and the balance did not cover. */
  unpaid: number;
  usageRemaining: number | null;
}

/** `value` is present where the job ran and only its settlement failed: run it with the same `eventId` to settle. */
export type JobFailure<Value> = Failures<
  ErrorCodes["reserveUsage"] | ErrorCodes["settleUsage"] | ErrorCodes["consumeUsage"] | ClientErrorCode
> & { value?: Value };

export type JobResult<Value> = JobDone<Value> | JobFailure<Value>;

/** What a job returns: the units that it used, a whole number from 0, alone or with its result. */
export type JobValue = number | { units: number };

export async function runJob<Value extends JobValue>(
  usage: Usage,
  subjectRef: string,
  estimate: number,
  job: () => Promise<Value>,
  { eventId = crypto.randomUUID(), expiresInSeconds, signal, ...options }: JobOptions,
): Promise<JobResult<Value>> {
  const step = (name: string) => ({ ...options, eventId: toPartId(eventId, name) });
  const terms = expiresInSeconds === undefined ? {} : { expiresInSeconds };
  const abort = signal === undefined ? {} : { signal };
  const held = await usage.reserve(subjectRef, estimate, { ...step("reserve"), ...terms, ...abort });
  if (!held.ok) return held;
  const { reservationId } = held;
  let value: Value;
  let used: number;
  try {
    value = await job();
    used = toUnits(value);
  } catch (error) {
    // Where this fails too, the reservation expires.
    await usage.release(subjectRef, reservationId, step("release"));
    throw error;
  }

  const settled = await usage.settle(subjectRef, reservationId, used, { ...step("settle"), allowMore: true });
  if (settled.ok) return { ...settled, value, unpaid: 0 };
  switch (settled.error) {
    case "exceeds_reservation": {
      // The job used more than estimated, and the balance does not cover the rest: take what is held.
      const part = await usage.settle(subjectRef, reservationId, estimate, step("settle-held"));
      return part.ok ? { ...part, value, unpaid: used - part.consumed } : { ...part, value };
    }
    case "reservation_closed": {
      // An earlier run settled what was held and did not get its reply, or released it when it threw.
      const part = await usage.settle(subjectRef, reservationId, estimate, step("settle-held"));
      if (part.ok) return { ...part, value, unpaid: Math.max(0, used - part.consumed) };
      if (part.error !== "reservation_closed") return { ...part, value };
      if (used === 0) return unbilled(value, used, part);
      const spent = await usage.consume(subjectRef, used, step("consume"));
      if (spent.ok) return { ...spent, value, released: 0, unpaid: 0 };
      return spent.error === "insufficient_usage" ? unbilled(value, used, spent) : { ...spent, value };
    }
    case "reservation_expired":
      // The job took longer than its time, and the balance was spent in between. The portal shows the units.
      return unbilled(value, used, settled);
    default:
      return { ...settled, value };
  }
}

/** The job ran, and the balance did not cover it. */
function unbilled<Value>(
  value: Value,
  unpaid: number,
  { requestId, decisionId, replayed }: Meta,
): JobDone<Value> {
  const meta = { requestId, decisionId, replayed };
  return { ok: true, value, consumed: 0, released: 0, unpaid, usageRemaining: null, ...meta };
}

function toUnits(value: JobValue): number {
  const units = typeof value === "number" ? value : value.units;
  if (Number.isSafeInteger(units) && units >= 0) return units;
  throw new RangeError("A job returns the units that it used: a whole number from 0.");
}
