import type { SubjectState, UsageReply } from "../../../shared/domain/ledger.ts";
import { decideRelease, type ReleaseCommand } from "../../../shared/domain/release.ts";
import { decideReserve, type ReserveCommand } from "../../../shared/domain/reserve.ts";
import { decideReverse, type ReverseCommand } from "../../../shared/domain/reverse-usage.ts";
import { decideSettle, type SettleCommand } from "../../../shared/domain/settle.ts";
import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { refuse, type UsageDecision, type UsageRefusal } from "../../../shared/domain/usage-entry.ts";
import type { DecisionMoment } from "../../../shared/kit/decision-id.ts";
import { decodeMomentId, encodeMomentId } from "../../../shared/kit/moment-id.ts";
import { changeSubject } from "./ledger/change-subject.ts";
import type { SubjectStore } from "./storage/store.ts";

/** A request of a usage endpoint other than consume. */
export type UsageCommand = ReserveCommand | SettleCommand | ReleaseCommand | ReverseCommand;

/** `wrote`: whether this call wrote an entry. */
export type UsageResult = DecisionMoment &
  (
    | { outcome: "done"; reply: UsageReply; replayed: boolean }
    | { outcome: "refused"; refusal: UsageRefusal }
    | { outcome: "idempotency_conflict" }
  ) & { wrote: boolean };

/** Applies the command, unless a request with the same idempotency key did: then returns the stored reply. */
export function applyUsage(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  command: UsageCommand,
  now: number,
): UsageResult {
  const { endpoint, key, requestHash } = command.idempotency;
  const { decision, head, at } = changeSubject(storage, store, identity, now, (state, at, sequence) => {
    const earlier = store.answeredRequest(endpoint, key);
    if (earlier !== null) return { outcome: "repeated" as const, earlier };
    return decide(store, identity, state, command, { sequence, at });
  });
  const moment = { sequence: head.sequence, at };
  switch (decision.outcome) {
    case "refused":
      return { outcome: "refused", refusal: decision.refusal, wrote: false, ...moment };
    case "change":
      return "noted" in decision
        ? { outcome: "refused", refusal: decision.noted, wrote: true, ...moment }
        : { outcome: "done", reply: decision.reply, replayed: false, wrote: true, ...moment };
    case "repeated": {
      const { reply, sequence, at } = decision.earlier;
      const earlier = { sequence, at, wrote: false };
      return decision.earlier.requestHash === requestHash
        ? { outcome: "done", reply, replayed: true, ...earlier }
        : { outcome: "idempotency_conflict", ...earlier };
    }
  }
}

function decide(
  store: SubjectStore,
  identity: SubjectIdentity,
  state: SubjectState,
  command: UsageCommand,
  moment: DecisionMoment,
): UsageDecision {
  const { at } = moment;
  switch (command.type) {
    case "reserve":
      return decideReserve(state, command, encodeMomentId("rsv", subjectName(identity), moment), at);
    case "settle":
    case "release": {
      const reservation = state.reservations.get(command.reservationId);
      if (reservation === undefined) return refuse(explainMissing(store, identity, command.reservationId));
      return command.type === "settle"
        ? decideSettle(state, reservation, command, at)
        : decideRelease(state, reservation, command, at);
    }
    case "reverse": {
      const entry = findConsumed(store, command.consumeKey);
      if (entry === null) return refuse({ code: "not_found" });
      if (store.isReversed(entry.sequence)) return refuse({ code: "already_reversed" });
      return decideReverse(state, entry, command, at);
    }
  }
}

/** The id of a reservation contains the sequence of the entry that made it, so a closed one differs from none. */
function explainMissing(store: SubjectStore, identity: SubjectIdentity, reservationId: string): UsageRefusal {
  const moment = decodeMomentId("rsv", subjectName(identity), reservationId);
  const entry = moment === null ? null : store.entry(moment.sequence);
  const isClosed = entry?.operation === "reserve" && entry.reservation?.reservationId === reservationId;
  return { code: isClosed ? "reservation_closed" : "reservation_not_found" };
}

/** Returns the consume with this key, or the settle if there is none; `null` if neither exists or it is folded. */
function findConsumed(store: SubjectStore, key: string) {
  const earlier = store.answeredRequest("usage/consume", key) ?? store.answeredRequest("usage/settle", key);
  return earlier === null ? null : store.entry(earlier.sequence);
}
