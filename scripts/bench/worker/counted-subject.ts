import { Subject } from "../../../workers/runtime/subject/subject.ts";
import type { BenchEnv } from "./env.ts";
import { oneUnit, packPurchase } from "./fill.ts";

/** What one operation touched: rows of the object's SQLite, and statements sent to D1. */
export interface Counts {
  rowsRead: number;
  rowsWritten: number;
  d1Statements: number;
}

export interface CountedOperations {
  check: Counts;
  consume: Counts;
  replay: Counts;
}

/** The real subject, with every cursor of its SQLite and every statement to D1 counted. */
export class CountedSubject extends Subject {
  private readonly cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  private d1Statements = 0;

  constructor(ctx: DurableObjectState, env: BenchEnv) {
    super(ctx, env);
    const { sql } = ctx.storage;
    const exec = sql.exec.bind(sql);
    sql.exec = ((query: string, ...bindings: unknown[]) => {
      const cursor = exec(query, ...bindings);
      this.cursors.push(cursor);
      return cursor;
    }) as typeof sql.exec;
    const prepare = env.DB.prepare.bind(env.DB);
    env.DB.prepare = (query) => {
      this.d1Statements++;
      return prepare(query);
    };
  }

  /** Counts one check, one consume and its repetition once the ledger has `entries` entries. */
  async countAt(entries: number): Promise<CountedOperations> {
    const identity = {
      projectId: "prj_counted",
      mode: "test",
      subjectRef: `at-${entries}`,
      region: "weur",
    } as const;
    await this.applyStripe(identity, packPurchase("counted"));
    for (let made = 1; made < entries; made++) {
      await this.consume(identity, oneUnit(`fill-${made}`));
      this.cursors.length = 0;
      if (made % 500 === 0) await scheduler.wait(1);
    }
    return {
      check: await this.count(() => this.check()),
      consume: await this.count(() => this.consume(identity, oneUnit("counted"))),
      replay: await this.count(() => this.consume(identity, oneUnit("counted"))),
    };
  }

  private async count(operation: () => Promise<unknown>): Promise<Counts> {
    this.cursors.length = 0;
    this.d1Statements = 0;
    await operation();
    return {
      rowsRead: this.cursors.reduce((sum, cursor) => sum + cursor.rowsRead, 0),
      rowsWritten: this.cursors.reduce((sum, cursor) => sum + cursor.rowsWritten, 0),
      d1Statements: this.d1Statements,
    };
  }
}
