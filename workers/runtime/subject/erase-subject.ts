import { type DatabasesEnv, dataOf } from "../../../shared/db/databases.ts";
import { buildAuditRowsInsert } from "../db/audit.ts";
import { deleteAudits, readAudits } from "./storage/audit-entries.ts";
import type { SubjectStore } from "./storage/store.ts";
import type { Erasure } from "./storage/tombstone.ts";

/**
 * Sends the pending audit rows to D1, then deletes the subject and its alarm in one commit. Call it in the
 * outbox's turn, so that no flush is running. Returns `false`, with nothing deleted, if `mayContinue`
 * returned `false`.
 */
export async function eraseSubject(
  storage: DurableObjectStorage,
  store: SubjectStore,
  env: DatabasesEnv,
  erasure: Erasure,
  mayContinue: () => boolean,
): Promise<boolean> {
  for (;;) {
    const { sequence } = store.head();
    const audits = store.isCreated() ? readAudits(storage.sql, sequence) : [];
    // No await between this break and the transaction, so no audit row can be added in between.
    if (audits.length === 0) break;
    const identity = store.identity();
    if (identity === null) throw new Error("a subject without a name has audit rows");
    await buildAuditRowsInsert(dataOf(env, identity), audits).run();
    deleteAudits(storage.sql, sequence);
  }
  if (!mayContinue()) return false;
  try {
    storage.transactionSync(() => store.erase(erasure));
  } catch (error) {
    store.reloadAfterRollback();
    throw error;
  }
  storage.deleteAlarm();
  return true;
}
