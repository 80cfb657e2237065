/**
 * The rows that each operation reads and writes. They do not depend on the load or on the length of the history;
 * test/workerd/counted-rows.test.ts counts them.
 */
export const countedRows = {
  check: { read: 1, written: 0 },
  consume: { read: 2, written: 2 },
} as const;

/** What D1 reads and writes when a customer's object flushes consumes of one pack: the alarm's batch. */
export const countedFlush = { read: 4, written: 8 } as const;
