import { dayMs } from "../../../shared/domain/entitlement.ts";
import { log } from "../../../shared/kit/log.ts";
import { foldEntry } from "./history.ts";
import { LedgerWalk } from "./ledger-walk.ts";
import type { SubjectStore } from "./store.ts";
import { idempotencyIndex, readEntry } from "./stored-entry.ts";

/** Entries stay whole for this long; then they are folded into the checkpoint. */
const keptMs = 90 * dayMs;
/** Folding begins when the oldest entry is this much older, so that it happens once a day and not at each flush. */
const slackMs = dayMs;
/** Folding an entry costs ten times what reading it does: checks wait for one slice at most. */
const entriesPerTransaction = 50;
const slicesPerRun = 400;

/**
 * Folds entries older than 90 days into the checkpoint, in slices, oldest first.
 *
 * Guarantees: only what D1 has confirmed is folded, and only entries that follow from the checkpoint (hash, time, units):
 * the first that does not stays, with all after it, for `verify` to name. The ledger's last entry always stays.
 * Assumes: nobody walks the ledger meanwhile; whoever does says so, and folding gives way (`mayGoOn`).
 * A crash in a slice leaves it as it was; between two slices, what is folded is folded, and the rest is found again.
 *
 * Returns whether there is more to fold.
 */
export async function foldHistory(
  storage: DurableObjectStorage,
  store: SubjectStore,
  now: number,
  mayGoOn: () => boolean,
): Promise<boolean> {
  const oldestAt = store.oldestAt();
  if (oldestAt === null || oldestAt >= now - keptMs - slackMs) return false;
  for (let slices = 0; slices < slicesPerRun; slices++) {
    if (!mayGoOn() || !foldSlice(storage, store, now - keptMs)) return false;
    // A long history must not keep checks waiting.
    await scheduler.wait(0);
  }
  return true;
}

/** One transaction. Returns whether the next slice may have more. */
function foldSlice(storage: DurableObjectStorage, store: SubjectStore, before: number): boolean {
  return storage.transactionSync(() => {
    const last = Math.min(store.flushedSequence(), store.head().sequence - 1);
    const checkpoint = store.checkpoint();
    const slice = store
      .entriesAfter(checkpoint.sequence, entriesPerTransaction)
      .filter(({ sequence, at }) => sequence <= last && at < before);
    const walk = new LedgerWalk(checkpoint, store.checkpointState(), 0);
    for (const stored of slice) {
      walk.visit(stored);
      const [fault] = walk.faults;
      if (fault !== undefined) {
        log("error", "history.not_folded", { sequence: fault.sequence, message: fault.message });
        return false;
      }
      foldEntry(storage.sql, readEntry(stored), stored.hash, idempotencyIndex);
      storage.sql.exec("DELETE FROM ledger WHERE sequence = ?", stored.sequence);
    }
    return slice.length === entriesPerTransaction;
  });
}
