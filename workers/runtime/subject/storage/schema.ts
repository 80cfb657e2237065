import { usageOperations } from "../../../../shared/domain/ledger.ts";
import { auditSchema } from "./audit-entries.ts";
import { historySchema } from "./checkpoint.ts";
import { outboundSchema } from "./outbound-events.ts";

const isUsageSql = usageOperations
  .map((operation) => `{"operation":"${operation}"`)
  .map((start) => `substr(body, 1, ${start.length}) = '${start}'`)
  .join(" OR ");

/**
 * `canFlip` (shared/domain/flips.ts) on the text of an entry: every entry but usage that left units in each pack
 * and gave none to an empty one. An entry that only looks decisive does no harm.
 */
export const isDecisive = `(NOT (${isUsageSql}) OR instr(body, '"unitsRemaining":0,') > 0 OR instr(body, '"revives":true') > 0)`;

/** Finds the few entries that can change a decision, in a ledger that is mostly usage. */
const decisiveIndex = `CREATE INDEX ledger_decisive ON ledger (sequence) WHERE ${isDecisive};`;

/**
 * The open and lapsed reservations, and the consumes and settles that were given back: by their sequence, as long as
 * their entry is in the ledger.
 */
const usageSchema = `
  CREATE TABLE reservations (
    reservation_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE reversed (
    sequence INTEGER PRIMARY KEY
  );
`;

/** The tables of one subject object, except `tombstone` (tombstone.ts). */
export const schema = `
  CREATE TABLE subject (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    schema_version INTEGER NOT NULL,
    identity TEXT NOT NULL,
    flushed_sequence INTEGER NOT NULL,
    spent_units INTEGER NOT NULL DEFAULT 0,
    state_sequence INTEGER NOT NULL,
    signaled_at INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE ledger (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    hash TEXT NOT NULL,
    body TEXT NOT NULL,
    idempotency_key TEXT
  );
  CREATE UNIQUE INDEX ledger_by_idempotency_key ON ledger (idempotency_key) WHERE idempotency_key IS NOT NULL;
  ${decisiveIndex}
  CREATE TABLE entitlements (
    entitlement_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX entitlements_by_version ON entitlements (version);
  CREATE TABLE stripe_records (
    record_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
  ) WITHOUT ROWID;
  ${outboundSchema}
  ${historySchema}
  ${auditSchema}
  ${usageSchema}
`;

/**
 * The version of the object's tables. Version 1 lacks the bounded history, version 2 the audit outbox,
 * version 3 the index of decisive entries, version 4 reservations, replies other than those of a consume, and the units
 * spent up to `flushed_sequence`. Up to version 5 `entitlements` was written with every entry. Version 6 lacks
 * `signaled_at`, the moment up to which changes of access by time alone are stored as signals.
 */
export const schemaVersion = 7;

/**
 * Adds the tables, columns and the index that an earlier release lacks. Throws if a later release wrote the tables: an
 * earlier one would read an old state from them.
 */
export function migrateSchema(sql: SqlStorage): void {
  const select = "SELECT schema_version AS version FROM subject";
  const { version } = sql.exec<{ version: number }>(select).one();
  if (version === schemaVersion) return;
  if (version > schemaVersion)
    throw new Error(
      `the tables have version ${version}, and this release knows version ${schemaVersion} at most`,
    );
  if (version < 2) sql.exec(historySchema);
  if (version < 3) sql.exec(auditSchema);
  // Since version 5 the index leaves out usage other than a consume. Entries of earlier versions have none.
  if (version === 4) sql.exec("DROP INDEX ledger_decisive");
  if (version < 5) sql.exec(decisiveIndex + usageSchema);
  if (version >= 2 && version < 5) sql.exec("ALTER TABLE compact_requests ADD COLUMN more TEXT");
  if (version < 5) sql.exec("ALTER TABLE subject ADD COLUMN spent_units INTEGER NOT NULL DEFAULT 0");
  if (version < 6) {
    sql.exec("ALTER TABLE subject ADD COLUMN state_sequence INTEGER NOT NULL DEFAULT 0");
    sql.exec(
      "UPDATE subject SET state_sequence = coalesce((SELECT max(sequence) FROM ledger), flushed_sequence)",
    );
  }
  sql.exec("ALTER TABLE subject ADD COLUMN signaled_at INTEGER NOT NULL DEFAULT 0");
  sql.exec("UPDATE subject SET schema_version = ?", schemaVersion);
}
