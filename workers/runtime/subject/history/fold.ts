import { dayMs } from "../../../../shared/domain/entitlement.ts";
import { log } from "../../../../shared/kit/log.ts";
import { LedgerWalk } from "../ledger/ledger-walk.ts";
import { foldEntry } from "../storage/checkpoint.ts";
import type { SubjectStore } from "../storage/store.ts";
import { parseEntry } from "../storage/stored-entry.ts";

/** Entries younger than this stay in the ledger; older ones are folded into the checkpoint. */
const retentionMs = 90 * dayMs;
/**
 * Folding starts once the oldest entry is this much older, so that it runs once a day and not at every flush.
 */
const slackMs = dayMs;
/** Folding an entry costs ten times as much as reading it. A check waits for one slice at most. */
const entriesPerTransaction = 50;
const slicesPerRun = 400;

/**
 * Folds entries older than 90 days into the checkpoint, in slices, oldest first. Returns whether more can be
 * folded.
 *
 * Guarantees: folds only entries that D1 has confirmed and that follow from the checkpoint (hash, time,
 * units). The first entry that does not follow stays with all entries after it, and `verify` reports it. The
 * last entry of the ledger always stays. Assumes: no other code reads the ledger with pauses in between.
 * While it does, `mayContinue` returns `false` and folding stops. A crash inside a slice rolls that slice
 * back. After a crash between two slices, the next run continues.
 */
export async function foldHistory(
  storage: DurableObjectStorage,
  store: SubjectStore,
  now: number,
  mayContinue: () => boolean,
): Promise<boolean> {
  const oldestAt = store.oldestAt();
  if (oldestAt === null || oldestAt >= now - retentionMs - slackMs) return false;
  for (let slices = 0; slices < slicesPerRun; slices++) {
    if (!mayContinue() || !foldSlice(storage, store, now - retentionMs)) return false;
    // Yields, so that a long history does not delay checks.
    await scheduler.wait(0);
  }
  return true;
}

/** Folds one slice in one transaction. Returns whether more entries may follow. */
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
      const [finding] = walk.findings;
      if (finding !== undefined) {
        log("error", "history.not_folded", { sequence: finding.sequence, message: finding.message });
        return false;
      }
      foldEntry(storage.sql, parseEntry(stored), stored.hash);
      storage.sql.exec("DELETE FROM ledger WHERE sequence = ?", stored.sequence);
    }
    return slice.length === entriesPerTransaction;
  });
}
