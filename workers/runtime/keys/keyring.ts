import { DurableObject } from "cloudflare:workers";
import type { PlanStatus } from "../../../shared/contract/enums.ts";
import { defaultRateLimit } from "../../../shared/contract/rate-limits.ts";

/** The properties of a key that a request needs. */
export interface KeyEntry {
  keyId: string;
  expiresAt: number | null;
  plan: PlanStatus;
  /** Requests per 10 seconds. */
  rateLimit: number;
}

export interface KeyRecord {
  keyId: string;
  keyHash: string;
  expiresAt: number | null;
  revokedAt: number | null;
  /** Grows with every change of the key in D1. */
  version: number;
}

/** The account's plan. `version` grows with every change of it in D1. */
export interface KeyringPlan {
  status: PlanStatus;
  version: number;
}

/** The project's rate limit, `null` for the default. `version` grows with every change of it in D1. */
export interface KeyringLimit {
  requests: number | null;
  version: number;
}

/** What a Keyring holds besides the keys. */
export interface KeyringSettings {
  plan: KeyringPlan;
  limit: KeyringLimit;
}

/** What to count once, by its id, in each of the windows, which last `lengthMs`. */
export interface Taken {
  id: string;
  lengthMs: number;
  /** At most `max` are counted in a window. */
  windows: { id: string; max: number }[];
}

/** Returns the name of a project's Keyring in one mode. */
export function keyringName(projectId: string, mode: string): string {
  return `${projectId}/${mode}`;
}

/**
 * The keys of one project and mode, the account's plan, and the project's rate limit. Every request without a cached key reads them
 * before it reaches a subject. D1 holds the same data. A change is durable in both before the portal confirms
 * it. The object can be rebuilt from D1 with one idempotent `put` of every row.
 *
 * Reads of an unknown key write nothing to storage.
 */
export class Keyring extends DurableObject<unknown> {
  private exists: boolean;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    this.exists =
      ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'keys'").toArray().length > 0;
  }

  /**
   * Returns the key with this SHA-256, or `null` if it is unknown or revoked. The caller checks the expiry.
   */
  async find(keyHash: string): Promise<KeyEntry | null> {
    if (!this.exists) return null;
    const [row] = this.ctx.storage.sql
      .exec<{ keyId: string; expiresAt: number | null; plan: string; rateLimit: number | null }>(
        `SELECT key_id AS keyId, expires_at AS expiresAt, plan, rate_limit AS rateLimit
         FROM keys, settings WHERE key_hash = ? AND revoked_at IS NULL`,
        keyHash,
      )
      .toArray();
    if (row === undefined) return null;
    return { ...row, plan: row.plan as PlanStatus, rateLimit: row.rateLimit ?? defaultRateLimit };
  }

  /**
   * Writes keys, plan and rate limit from D1. Safe to repeat and in any order: two calls can overtake each other, and an older
   * version never replaces a newer one. A revocation applies whatever the versions say and is never undone, because a
   * database that was restored from a backup counts from an older version again.
   */
  async put(keys: KeyRecord[], { plan, limit }: KeyringSettings): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.ensureTables();
      const { sql } = this.ctx.storage;
      sql.exec(
        `INSERT INTO settings (id, plan, plan_version, rate_limit, rate_limit_version) VALUES (1, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET
           plan = iif(excluded.plan_version > settings.plan_version, excluded.plan, settings.plan),
           plan_version = max(excluded.plan_version, settings.plan_version),
           rate_limit = iif(excluded.rate_limit_version > settings.rate_limit_version,
             excluded.rate_limit, settings.rate_limit),
           rate_limit_version = max(excluded.rate_limit_version, settings.rate_limit_version)`,
        plan.status,
        plan.version,
        limit.requests,
        limit.version,
      );
      for (const key of keys) {
        sql.exec(
          `INSERT INTO keys (key_hash, key_id, expires_at, revoked_at, version) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (key_hash) DO UPDATE SET
             expires_at = iif(excluded.version > keys.version, excluded.expires_at, keys.expires_at),
             revoked_at = coalesce(keys.revoked_at, excluded.revoked_at),
             version = max(keys.version, excluded.version)`,
          key.keyHash,
          key.keyId,
          key.expiresAt,
          key.revokedAt,
          key.version,
        );
      }
    });
    this.exists = true;
  }

  /**
   * Counts one more in each window, or in none if one of them is full: then returns that one. Windows begin
   * with their first use. What was counted is known for `lengthMs` and not counted again, so concurrent
   * requests with the same id count once. All of it is durable, because an object that is not used for a
   * minute or two forgets what only memory holds.
   */
  async take({ id, lengthMs, windows }: Taken, now: number): Promise<{ id: string; endsAt: number } | null> {
    const { sql } = this.ctx.storage;
    return this.ctx.storage.transactionSync(() => {
      sql.exec(`
        CREATE TABLE IF NOT EXISTS windows (id TEXT PRIMARY KEY, ends_at INTEGER NOT NULL, count INTEGER NOT NULL)
          WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS windows_by_end ON windows (ends_at);
      `);
      sql.exec("DELETE FROM windows WHERE ends_at <= ?", now);
      const find = (windowId: string) =>
        sql
          .exec<{ endsAt: number; count: number }>(
            "SELECT ends_at AS endsAt, count FROM windows WHERE id = ?",
            windowId,
          )
          .toArray()[0];
      if (find(id) !== undefined) return null;
      for (const window of windows) {
        const found = find(window.id);
        if (found !== undefined && found.count >= window.max) return { id: window.id, endsAt: found.endsAt };
      }
      for (const counted of [id, ...windows.map((window) => window.id)])
        sql.exec(
          "INSERT INTO windows VALUES (?, ?, 1) ON CONFLICT (id) DO UPDATE SET count = count + 1",
          counted,
          now + lengthMs,
        );
      return null;
    });
  }

  private ensureTables(): void {
    const { sql } = this.ctx.storage;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS settings (id INTEGER PRIMARY KEY CHECK (id = 1), plan TEXT NOT NULL, rate_limit INTEGER);
      CREATE TABLE IF NOT EXISTS keys (
        key_hash TEXT PRIMARY KEY, key_id TEXT NOT NULL, expires_at INTEGER, revoked_at INTEGER
      ) WITHOUT ROWID;
    `);
    this.ensureColumn("keys", "version");
    this.ensureColumn("settings", "plan_version");
    this.ensureColumn("settings", "rate_limit_version");
  }

  /** Adds a version to a table that an older release made. */
  private ensureColumn(table: "keys" | "settings", column: string): void {
    const { sql } = this.ctx.storage;
    const found = sql.exec("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", table, column).toArray();
    if (found.length === 0) sql.exec(`ALTER TABLE ${table} ADD COLUMN ${column} INTEGER NOT NULL DEFAULT 0`);
  }
}
