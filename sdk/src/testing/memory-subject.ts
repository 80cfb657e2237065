import type { IdempotentOperation } from "../../../shared/contract/enums.ts";
import type { OutboundEvent } from "../../../shared/contract/outbound-event.ts";
import { applyClock, listClockEntries } from "../../../shared/domain/clock-entries.ts";
import { decideConsume } from "../../../shared/domain/consume.ts";
import { type Decision, decideAccess } from "../../../shared/domain/decision.ts";
import type { Entitlement, Moment } from "../../../shared/domain/entitlement.ts";
import {
  applyEntry,
  type EntryDraft,
  emptyState,
  findEntryErrors,
  type IdempotencyRecord,
  isUsage,
  type LedgerEntry,
  type SubjectState,
  type UsageReply,
} from "../../../shared/domain/ledger.ts";
import { getUsageRemaining } from "../../../shared/domain/lots.ts";
import type { SubjectKey } from "../../../shared/domain/outbound-event-data.ts";
import { buildOutboundEvents } from "../../../shared/domain/outbound-events.ts";
import { decideRelease, type ReleaseCommand } from "../../../shared/domain/release.ts";
import { sumByLot } from "../../../shared/domain/reservation.ts";
import { decideReserve, type ReserveCommand } from "../../../shared/domain/reserve.ts";
import { decideReverse, type ReverseCommand } from "../../../shared/domain/reverse-usage.ts";
import { decideSettle, type SettleCommand } from "../../../shared/domain/settle.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import {
  refuse,
  type UsageDecision,
  type UsageRefusal,
  type UsageRequest,
} from "../../../shared/domain/usage-entry.ts";
import { deriveIdAt } from "../../../shared/kit/ids.ts";
import { decodeMomentId, encodeMomentId, type LedgerMoment } from "../../../shared/kit/moment-id.ts";

export type UsageCommand =
  | ({ type: "consume"; units: number } & UsageRequest)
  | ReserveCommand
  | SettleCommand
  | ReleaseCommand
  | ReverseCommand;

export type UsageResult = LedgerMoment &
  (
    | { outcome: "done"; reply: UsageReply; replayed: boolean }
    | { outcome: "refused"; refusal: UsageRefusal }
    | { outcome: "idempotency_conflict" }
  );

export interface Snapshot extends LedgerMoment {
  decision: Decision;
  entitlements: Entitlement[];
  usageRemaining: number;
  reservedByEntitlement: Record<string, number>;
}

/** One customer in memory: a ledger, and the rules that the service has. */
export class MemorySubject {
  private state: SubjectState = emptyState;
  private readonly entries: LedgerEntry[] = [];
  private readonly reversed = new Set<number>();
  /** Oldest first, without those of usage, which the service keeps only for an endpoint. */
  readonly events: OutboundEvent[] = [];

  /** Ids contain the subject's name. */
  private readonly name: string;

  constructor(private readonly key: SubjectKey) {
    this.name = subjectName(key);
  }

  read(now: Moment): Snapshot {
    const at = Math.max(now, this.headAt());
    const { entitlements, reservations } = applyClock(this.state, this.headAt(), at);
    const all = [...entitlements.values()];
    return {
      sequence: this.entries.length,
      at,
      decision: decideAccess(all, at),
      entitlements: all,
      usageRemaining: getUsageRemaining(all, at),
      reservedByEntitlement: sumByLot(reservations),
    };
  }

  /** Writes an entry that `build` makes from the state of the moment; none where it returns `null`. */
  write(now: Moment, build: (state: SubjectState, at: Moment) => EntryDraft | null): void {
    const at = this.lapse(now);
    const draft = build(this.state, at);
    if (draft !== null) this.append(draft, at);
  }

  usage(command: UsageCommand, now: Moment): UsageResult {
    const at = this.lapse(now);
    const { endpoint, key, requestHash } = command.idempotency;
    const earlier = this.findAnswered(endpoint, key);
    if (earlier !== null) {
      const { idempotency, ...entry } = earlier;
      const moment = { sequence: entry.sequence, at: entry.at };
      if (idempotency.requestHash !== requestHash) return { outcome: "idempotency_conflict", ...moment };
      return { outcome: "done", reply: idempotency.reply, replayed: true, ...moment };
    }
    const decision = this.decide(command, at);
    if (decision.outcome === "change") this.append(decision.draft, at);
    const moment = { sequence: this.entries.length, at };
    if (decision.outcome === "refused") return { outcome: "refused", refusal: decision.refusal, ...moment };
    if ("noted" in decision) return { outcome: "refused", refusal: decision.noted, ...moment };
    return { outcome: "done", reply: decision.reply, replayed: false, ...moment };
  }

  private decide(command: UsageCommand, at: Moment): UsageDecision {
    switch (command.type) {
      case "consume": {
        const decision = decideConsume(this.state.entitlements, command, at);
        if (decision.outcome === "change") return decision;
        return refuse({ code: decision.code, usageRemaining: decision.usageRemaining });
      }
      case "reserve": {
        const id = encodeMomentId("rsv", this.name, { sequence: this.entries.length + 1, at });
        return decideReserve(this.state, command, id, at);
      }
      case "settle":
      case "release": {
        const reservation = this.state.reservations.get(command.reservationId);
        if (reservation === undefined) return refuse(this.explainMissing(command.reservationId));
        return command.type === "settle"
          ? decideSettle(this.state, reservation, command, at)
          : decideRelease(this.state, reservation, command, at);
      }
      case "reverse": {
        const { consumeKey } = command;
        const entry =
          this.findAnswered("usage/consume", consumeKey) ?? this.findAnswered("usage/settle", consumeKey);
        if (entry === null) return refuse({ code: "not_found" });
        if (this.reversed.has(entry.sequence)) return refuse({ code: "already_reversed" });
        return decideReverse(this.state, entry, command, at);
      }
    }
  }

  private explainMissing(reservationId: string): UsageRefusal {
    const moment = decodeMomentId("rsv", this.name, reservationId);
    const entry = moment === null ? undefined : this.entries[moment.sequence - 1];
    const isClosed = entry?.reservation?.reservationId === reservationId && entry.operation === "reserve";
    return { code: isClosed ? "reservation_closed" : "reservation_not_found" };
  }

  private findAnswered(endpoint: IdempotentOperation, key: string) {
    for (const entry of this.entries) {
      const { idempotency } = entry;
      if (idempotency?.endpoint === endpoint && idempotency.key === key)
        return entry as LedgerEntry & { idempotency: IdempotencyRecord };
    }
    return null;
  }

  /** Writes what time alone did, and returns the time of the next entry. */
  private lapse(now: Moment): Moment {
    for (const { draft, at, next } of listClockEntries(this.state, this.headAt(), now))
      this.append(draft, at, next);
    return Math.max(now, this.headAt());
  }

  private append(draft: EntryDraft, at: Moment, next = applyEntry(this.state, draft)): void {
    const entry = { ...draft, sequence: this.entries.length + 1, at };
    const errors = findEntryErrors(this.state, entry);
    if (errors.length > 0) throw new Error(errors.join("; "));
    this.entries.push(entry);
    if (!isUsage(draft.operation)) this.emit(entry);
    if (draft.reverses !== undefined) this.reversed.add(draft.reverses.sequence);
    this.state = next;
  }

  private emit(entry: LedgerEntry): void {
    const timestamp = new Date(entry.at).toISOString();
    for (const [index, { type, data }] of buildOutboundEvents(this.key, this.state, entry).entries()) {
      const id = deriveIdAt("evt", entry.at, `${this.name}/${entry.sequence}/${index}`);
      this.events.push({ id, type, timestamp, data });
    }
  }

  private headAt(): Moment {
    return this.entries.at(-1)?.at ?? 0;
  }
}
