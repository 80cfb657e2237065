import { DurableObject } from "cloudflare:workers";
import type { PlanStatus } from "../../../shared/contract/words.ts";
import type { RuntimeEnv } from "../env.ts";

/** What a request needs to know of its key. */
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
}

const defaultRateLimit = 10_000;

/** The name of a project's Keyring in one mode. */
export function keyringName(projectId: string, mode: string): string {
  return `${projectId}/${mode}`;
}

/**
 * The keys of one project and mode, and the account's plan: what every cold request asks before it may reach a
 * subject. D1 holds the same; a change is durable in both before the portal says done, and the object can be rebuilt
 * from D1 by putting every row again (`put` is idempotent).
 *
 * A Keyring that was only asked about an unknown key leaves nothing in storage.
 */
export class Keyring extends DurableObject<RuntimeEnv> {
  private exists: boolean;

  constructor(ctx: DurableObjectState, env: RuntimeEnv) {
    super(ctx, env);
    this.exists =
      ctx.storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'keys'").toArray().length > 0;
  }

  /** The key with this SHA-256, unless it is unknown or revoked. Expiry is for the asker to judge. */
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

  /** Takes over keys and plan as D1 has them. Safe to repeat; a revocation is never taken back. */
  async put(keys: KeyRecord[], plan: PlanStatus): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      this.ensureTables();
      const { sql } = this.ctx.storage;
      sql.exec(
        "INSERT INTO settings (id, plan) VALUES (1, ?) ON CONFLICT DO UPDATE SET plan = excluded.plan",
        plan,
      );
      for (const key of keys) {
        sql.exec(
          `INSERT INTO keys (key_hash, key_id, expires_at, revoked_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (key_hash) DO UPDATE SET expires_at = excluded.expires_at,
             revoked_at = coalesce(keys.revoked_at, excluded.revoked_at)`,
          key.keyHash,
          key.keyId,
          key.expiresAt,
          key.revokedAt,
        );
      }
    });
    this.exists = true;
  }

  private ensureTables(): void {
    this.ctx.storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS settings (id INTEGER PRIMARY KEY CHECK (id = 1), plan TEXT NOT NULL, rate_limit INTEGER);
      CREATE TABLE IF NOT EXISTS keys (
        key_hash TEXT PRIMARY KEY, key_id TEXT NOT NULL, expires_at INTEGER, revoked_at INTEGER
      ) WITHOUT ROWID;
    `);
  }
}
