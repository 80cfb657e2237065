import { and, eq, type InferSelectModel, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";

/**
 * The lease of a job: which worker runs it, and until when. One row is one job, and its column says until when no
 * other worker may claim it.
 *
 * Guarantees: of sweeps that claim at the same time, each gets other jobs, those that wait longest first. When a worker
 * has died, its job is claimed again at the end of the lease. A job that has ended, or waits for an operator, is neither
 * claimed nor renewed.
 *
 * Assumes: the work is safe to repeat, and each job saves its place only if it is where the worker read it. A worker that is
 * presumed dead can still be at work: a lease spares work, and keeps nothing from being done twice.
 */
export class JobLease<T extends SQLiteTable> {
  constructor(
    private readonly table: T,
    private readonly options: {
      /** The primary key, in its order. */
      key: SQLiteColumn[];
      /** The column of the lease. With `updatedAt`, a job is leased for a while after each change of its row. */
      until: "leaseUntil" | "updatedAt";
      /** Which rows have work. In the words of the partial index on the lease, which this then uses. */
      isAtWork: SQL;
    },
  ) {}

  /**
   * Claims and returns jobs that no worker runs: their lease ended at `now` or before. Times are in milliseconds. A job that
   * fails each time is last the next time.
   */
  async claim(
    db: D1Database,
    { now, leaseUntil }: { now: number; leaseUntil: number },
    limit: number,
  ): Promise<InferSelectModel<T>[]> {
    const { key, isAtWork } = this.options;
    const columns = sql.join(
      key.map(({ name }) => sql.identifier(name)),
      sql`, `,
    );
    const until = sql.identifier(this.until.name);
    const due = sql`SELECT ${columns} FROM ${this.table} WHERE ${isAtWork} AND ${until} <= ${now}
      ORDER BY ${until} LIMIT ${limit}`;
    const rows = await drizzle(db)
      .update(this.table)
      .set(this.change(leaseUntil))
      .where(sql`(${columns}) IN (${due})`)
      .returning();
    return rows as InferSelectModel<T>[];
  }

  /** Extends the lease. Returns the job, or `null` when there is nothing to do in it. */
  async renew(db: D1Database, key: string[], leaseUntil: number): Promise<InferSelectModel<T> | null> {
    const rows = await drizzle(db)
      .update(this.table)
      .set(this.change(leaseUntil))
      .where(and(this.matches(key), this.options.isAtWork))
      .returning();
    return (rows as InferSelectModel<T>[])[0] ?? null;
  }

  /** Ends a turn. The job is due again at `dueAt`. `more` are changes of other columns in the same write. */
  async release(
    db: D1Database,
    key: string[],
    dueAt: number,
    more: Partial<Record<keyof InferSelectModel<T>, unknown>> = {},
  ): Promise<void> {
    await drizzle(db)
      .update(this.table)
      .set({ ...this.change(dueAt), ...more })
      .where(this.matches(key));
  }

  private get until(): SQLiteColumn {
    return (this.table as unknown as Record<string, SQLiteColumn>)[this.options.until] as SQLiteColumn;
  }

  // The types of the tables don't say which columns they share.
  private change(at: number) {
    return { [this.options.until]: at } as never as Parameters<
      ReturnType<ReturnType<typeof drizzle>["update"]>["set"]
    >[0];
  }

  private matches(values: string[]): SQL | undefined {
    return and(...this.options.key.map((column, index) => eq(column, values[index])));
  }
}
