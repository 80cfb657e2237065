import { runInDurableObject } from "cloudflare:test";
import type { Subject } from "../../workers/runtime/subject/subject.ts";

/** Counts the rows that `work` reads and writes, over all cursors of the object. */
export async function rowsTouched(
  stub: DurableObjectStub<Subject>,
  work: (subject: Subject) => Promise<unknown>,
) {
  return runInDurableObject(stub, async (subject, { storage }) => {
    const store = (subject as unknown as { store: { sql: SqlStorage } }).store;
    // Flushes first, because a flush during the count would be counted too.
    await (subject as Subject).wake();
    await storage.deleteAlarm();
    const cursors: { rowsRead: number; rowsWritten: number }[] = [];
    const counting = {
      databaseSize: storage.sql.databaseSize,
      exec: (query: string, ...bindings: unknown[]) => {
        const cursor = storage.sql.exec(query, ...bindings);
        cursors.push(cursor);
        return cursor;
      },
    };
    store.sql = counting as unknown as SqlStorage;
    try {
      await work(subject as Subject);
    } finally {
      store.sql = storage.sql;
    }
    return {
      read: cursors.reduce((sum, { rowsRead }) => sum + rowsRead, 0),
      written: cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0),
    };
  });
}
