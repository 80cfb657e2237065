import { type ConsumeCommand, decideConsume } from "../../../shared/domain/consume.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { changeSubject } from "./ledger/change-subject.ts";
import type { ConsumeResult } from "./rpc-types.ts";
import type { SubjectStore } from "./storage/store.ts";

/** Consumes units, unless a request with the same idempotency key did: then returns the stored reply. */
export function applyConsume(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  command: ConsumeCommand,
  now: number,
): ConsumeResult {
  const { endpoint, key, requestHash } = command.idempotency;
  const { decision, head, at } = changeSubject(storage, store, identity, now, (state, at) => {
    const earlier = store.answeredRequest(endpoint, key);
    return earlier === null
      ? decideConsume(state.entitlements, command, at)
      : { outcome: "repeated" as const, earlier };
  });
  switch (decision.outcome) {
    case "refused":
      return { outcome: decision.code, usageRemaining: decision.usageRemaining, sequence: head.sequence, at };
    case "change":
      return { outcome: "consumed", reply: decision.reply, replayed: false, sequence: head.sequence, at };
    case "repeated": {
      const { reply, sequence, at } = decision.earlier;
      if (decision.earlier.requestHash !== requestHash)
        return { outcome: "idempotency_conflict", sequence, at };
      return { outcome: "consumed", reply, replayed: true, sequence, at };
    }
  }
}
