import type { ConsumeReply, ErrorCodes, SettleReply } from "./contract.ts";
import { toPartId } from "./idempotency-key.ts";
import type { CallOptions } from "./options.ts";
import type { ClientErrorCode, Failures, Result } from "./result.ts";
import type { Usage } from "./usage.ts";

/**
 * Units that one process reserved and spends from memory.
 *
 * Guarantees: what is taken never exceeds what is reserved, so nothing is overspent. A part that was sent keeps its
 * number of units and its key until its outcome is known, so each unit is settled once. A process that dies loses at
 * most its lease: what it took and did not settle yet is not billed, and what it did not take returns.
 */
export interface LeaseOptions extends CallOptions {
  /** The lease's id. A second lease with the same id is the same reservation: give each process its own. */
  eventId?: string;
  /** How long the units are held, 1-86,400 seconds. 300 by default. */
  expiresInSeconds?: number;
}

export type LeaseResult = { ok: true; lease: Lease } | Failures<ErrorCodes["reserveUsage"] | ClientErrorCode>;

/** What was settled, or drawn from the balance where the reservation was closed before. */
type Settled = Result<SettleReply | ConsumeReply, ErrorCodes["settleUsage"] | ErrorCodes["consumeUsage"]>;

/** Refusals that a repetition does not change. Any other part is sent again: a key is replaced, a balance topped up. */
const finalErrors = new Set<string>([
  "reservation_not_found",
  "reservation_closed",
  "exceeds_reservation",
  "idempotency_conflict",
  "invalid_request",
]);

interface Part {
  number: number;
  units: number;
  isLast: boolean;
}

export class Lease {
  private taken = 0;
  private settled = 0;
  private parts = 0;
  /** Sent, with an unknown outcome. It is sent again as it was before any other part. */
  private pending: Part | null = null;
  private isClosed = false;
  /** The reservation was closed elsewhere: nothing is held any more. */
  private isGone = false;
  /** The last part was sent, and its outcome is known. */
  private isFinished = false;
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly usage: Usage,
    private readonly subjectRef: string,
    private readonly reservationId: string,
    private readonly eventId: string,
    private readonly units: number,
    /** On the clock of `performance.now()`, never later than the server's. */
    private readonly endsAt: number,
    private readonly options: CallOptions,
  ) {}

  static async open(
    usage: Usage,
    subjectRef: string,
    units: number,
    { eventId = crypto.randomUUID(), expiresInSeconds = 300, ...options }: LeaseOptions,
  ): Promise<LeaseResult> {
    // From before the request: the server's time begins later, so the lease never outlives its reservation.
    const endsAt = performance.now() + expiresInSeconds * 1_000;
    const held = await usage.reserve(subjectRef, units, {
      ...options,
      eventId: toPartId(eventId, "reserve"),
      expiresInSeconds,
    });
    if (!held.ok) return held;
    return {
      ok: true,
      lease: new Lease(usage, subjectRef, held.reservationId, eventId, units, endsAt, options),
    };
  }

  /** The units that can still be taken: 0 once the lease's time ended or it is closed. */
  get remaining(): number {
    return this.isClosed || performance.now() >= this.endsAt ? 0 : this.units - this.taken;
  }

  /** Takes units, all of them or none, without a request. Returns whether they were taken. */
  take(units: number): boolean {
    if (!Number.isInteger(units) || units < 1) throw new RangeError("units must be a whole number from 1.");
    if (units > this.remaining) return false;
    this.taken += units;
    return true;
  }

  /** Settles what was taken so far, and keeps the rest held. Call it from time to time. */
  settle(): Promise<Settled | null> {
    return this.enqueue(false);
  }

  /** Settles what was taken, and releases the rest. Nothing can be taken afterwards. Repeat it while it fails. */
  close(): Promise<Settled | null> {
    this.isClosed = true;
    return this.enqueue(true);
  }

  /** One part at a time, so that each is made of what no other has. */
  private enqueue(isLast: boolean): Promise<Settled | null> {
    const next = this.queue.then(() => this.settleParts(isLast));
    this.queue = next.catch(() => undefined);
    return next;
  }

  /** Returns the outcome of the last part that was sent; `null` where there was nothing to settle. */
  private async settleParts(isLast: boolean): Promise<Settled | null> {
    let result: Settled | null = null;
    for (;;) {
      const part = this.pending ?? this.nextPart(isLast);
      if (part === null) return result;
      this.pending = part;
      result = await this.send(part);
      if (!result.ok && !finalErrors.has(result.error)) return result;
      this.pending = null;
      this.settled += part.units;
      if (result.ok && !part.isLast) continue;
      this.isClosed = true;
      this.isFinished = true;
      return result;
    }
  }

  private async send({ number, units, isLast }: Part): Promise<Settled> {
    const options = { ...this.options, eventId: toPartId(this.eventId, `part-${number}`) };
    const settled = await this.usage.settle(this.subjectRef, this.reservationId, units, {
      ...options,
      keepOpen: !isLast,
    });
    if (settled.ok || settled.error !== "reservation_closed") return settled;
    // Closed by an operator, or by an earlier release's first part after the reservation's time. More units would be
    // overspent. Those of this part were used and are not billed yet.
    this.isClosed = true;
    this.isGone = true;
    return units > 0 ? this.usage.consume(this.subjectRef, units, options) : settled;
  }

  private nextPart(isLast: boolean): Part | null {
    const units = this.taken - this.settled;
    if (this.isFinished || (units === 0 && (!isLast || this.isGone))) return null;
    return { number: this.parts++, units, isLast };
  }
}
