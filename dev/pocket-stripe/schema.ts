/**
 * `objects` stores every Stripe object as JSON, including events. `parent` is the object that it is listed
 * under, such as the session of a line item. `notes` is data that Stripe does not expose. A deleted
 * customer keeps its row with the type `deleted:customer`.
 *
 * `timers` stores the next due time of an object in seconds on the virtual clock, at most one per object.
 * `deliveries` has a row per event, endpoint and copy; `next_at_ms` is on the machine's clock, as are the
 * retries. `replies` stores the reply of each idempotency key.
 */
export const schema = `
CREATE TABLE IF NOT EXISTS accounts (id TEXT PRIMARY KEY, created INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS objects (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  parent TEXT,
  created INTEGER NOT NULL,
  json TEXT NOT NULL,
  notes TEXT NOT NULL,
  UNIQUE (id, scope)
);
CREATE INDEX IF NOT EXISTS objects_listed ON objects (scope, type, created);
CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (parent, type) WHERE parent IS NOT NULL;

CREATE TABLE IF NOT EXISTS timers (
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (scope, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_due ON timers (at);

CREATE TABLE IF NOT EXISTS deliveries (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  event TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'held', 'late', 'dropped', 'delivered', 'failed', 'canceled')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at_ms INTEGER NOT NULL,
  last_status INTEGER,
  last_error TEXT
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (state, next_at_ms) WHERE state IN ('pending', 'held', 'late');
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);

CREATE TABLE IF NOT EXISTS replies (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  path TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  body TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) WITHOUT ROWID;
`;
