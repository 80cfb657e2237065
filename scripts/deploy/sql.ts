import { projectIdFloor } from "../../shared/kit/ids.ts";

/** Every statement that the commands run on an environment's database. test/workerd/deploy-sql.test.ts runs them. */

const lockMinutes = 15;

/** SQL text of a value that is made of letters, digits, spaces and `.-_` only. */
function quote(value: string): string {
  if (!/^[\w .-]*$/.test(value)) throw new Error("not quotable");
  return `'${value}'`;
}

export const sql = {
  listTables:
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' AND name NOT IN ('deploy_lock', 'deploy_settings')",
  listMigrations: "SELECT name FROM d1_migrations ORDER BY id",
  findOperatorsTable: "SELECT 1 AS found FROM sqlite_master WHERE name = 'operators'",
  findOperator: "SELECT 1 AS found FROM operators LIMIT 1",
  createLock:
    "CREATE TABLE IF NOT EXISTS deploy_lock (id INTEGER PRIMARY KEY CHECK (id = 1), holder TEXT NOT NULL, until INTEGER NOT NULL)",
  /** Returns a row if the holder has the lock now. */
  claimLock: (
    holder: string,
  ) => `INSERT INTO deploy_lock VALUES (1, ${quote(holder)}, unixepoch() + ${lockMinutes * 60})
ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE holder = excluded.holder OR until <= unixepoch() RETURNING holder`,
  readLock: "SELECT holder, until FROM deploy_lock",
  releaseLock: (holder: string) => `DELETE FROM deploy_lock WHERE holder = ${quote(holder)}`,
  createSettings:
    "CREATE TABLE IF NOT EXISTS deploy_settings (id INTEGER PRIMARY KEY CHECK (id = 1), settings TEXT NOT NULL)",
  findSettingsTable: "SELECT 1 AS found FROM sqlite_master WHERE name = 'deploy_settings'",
  readSettings: "SELECT settings FROM deploy_settings",
  storeSettings: (
    json: string,
  ) => `INSERT INTO deploy_settings VALUES (1, CAST(x'${Buffer.from(json).toString("hex")}' AS TEXT))
ON CONFLICT (id) DO UPDATE SET settings = excluded.settings WHERE settings <> excluded.settings`,
  /**
   * Makes the sweep read Stripe's events since `moment` again, for the projects of a data database. The events that its
   * restore has lost come back.
   */
  readEventsAgain: (database: number, moment: number) =>
    `UPDATE stripe_connections SET swept_to = ${moment}, next_sweep_at = 0 WHERE coalesce(swept_to, created_at) > ${moment}
AND project_id > ${quote(projectIdFloor(database))} AND project_id < ${quote(projectIdFloor(database + 1))}`,
  /** The cron evaluates the alert rules of each project every minute. */
  lastEvaluation: "SELECT unixepoch() - max(evaluated_at) / 1000 AS age FROM alert_evaluations",
  newestEvents: "SELECT mode, found_by, max(received_at) AS at FROM stripe_events GROUP BY mode, found_by",
  /** What each wrapping key has sealed. */
  sealedByStripeKeys: `SELECT 'the Stripe key of ' || project_id || ', ' || mode AS what, api_key_sealed ->> '$.keyId' AS key FROM stripe_connections
UNION ALL SELECT 'the Stripe webhook of ' || project_id || ', ' || mode, webhook_secret_sealed ->> '$.keyId' FROM stripe_connections
UNION ALL SELECT 'the link secret of ' || project_id, secret_sealed ->> '$.keyId' FROM recovery_link_secrets`,
  /**
   * A signing secret that no longer signs does not count. The address and the secret of an alert channel are sealed at the
   * same time.
   */
  sealedByWebhookKeys: `SELECT 'the endpoint ' || url AS what, (value ->> '$.sealed') ->> '$.keyId' AS key FROM endpoints, json_each(signing_secrets)
WHERE value ->> '$.signsUntil' IS NULL OR value ->> '$.signsUntil' > unixepoch() * 1000
UNION ALL SELECT 'the alert channel ' || address_hint || ' of ' || project_id || ', ' || mode, address_sealed ->> '$.keyId' FROM alert_channels`,
};
