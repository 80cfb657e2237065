import { decideExpire } from "../../../../shared/domain/expire.ts";
import { changeSubject, recordClockSignals } from "../ledger/change-subject.ts";
import type { SubjectStore } from "../storage/store.ts";

/** Writes what time did by `now`: expired entitlements, and changes of access. Each is one transaction. */
export function recordTime(storage: DurableObjectStorage, store: SubjectStore, now: number): void {
  const identity = store.identity();
  if (identity === null) return;
  changeSubject(storage, store, identity, now, (state, at) => {
    const draft = decideExpire(state.entitlements, at);
    return draft === null ? { outcome: "unchanged" } : { outcome: "change", draft };
  });
  recordClockSignals(storage, store, now);
}
