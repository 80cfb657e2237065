import { DurableObject } from "cloudflare:workers";
import { GroupCommit } from "../../../workers/runtime/subject/group-commit.ts";

/**
 * The floor: the least work that answers a check (one SELECT) or a consume (one INSERT, one UPDATE, one
 * commit). It has no keys, decisions, idempotency or history.
 */
export class Bare extends DurableObject<unknown> {
  private readonly arrivals = new GroupCommit();

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env);
    ctx.storage.sql.exec(`
      CREATE TABLE IF NOT EXISTS balance (id INTEGER PRIMARY KEY, units INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS spent (id INTEGER PRIMARY KEY, units INTEGER NOT NULL);
      INSERT INTO balance VALUES (1, 1000000000) ON CONFLICT DO NOTHING;
    `);
  }

  async check(): Promise<boolean> {
    return this.units() > 0;
  }

  async consume(units: number): Promise<number> {
    const { sql } = this.ctx.storage;
    sql.exec("INSERT INTO spent (units) VALUES (?)", units);
    return sql
      .exec<{ units: number }>("UPDATE balance SET units = units - ? WHERE id = 1 RETURNING units", units)
      .one().units;
  }

  /** The same, in one commit with all calls of the same turn of the event loop. */
  async consumeTogether(units: number): Promise<number> {
    await this.arrivals.join();
    return this.consume(units);
  }

  private units(): number {
    return this.ctx.storage.sql.exec<{ units: number }>("SELECT units FROM balance WHERE id = 1").one().units;
  }
}
