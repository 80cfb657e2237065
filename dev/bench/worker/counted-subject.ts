import { dayMs } from "../../../shared/domain/entitlement.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { foldHistory } from "../../../workers/runtime/subject/history/fold.ts";
import { SubjectStore } from "../../../workers/runtime/subject/storage/store.ts";
import { Subject } from "../../../workers/runtime/subject/subject.ts";
import type { SubjectEnv } from "../../../workers/runtime/subject/subject-env.ts";
import { oneUnit, packPurchase } from "./fill.ts";

/** The rows of the object's SQLite that one operation read and wrote, and its statements to D1. */
export interface Counts {
  rowsRead: number;
  rowsWritten: number;
  d1Statements: number;
}

export interface CountedOperations {
  check: Counts;
  consume: Counts;
  replay: Counts;
  reserve: Counts;
  settle: Counts;
}

const identity: SubjectIdentity = {
  projectId: "prj_counted",
  mode: "test",
  subjectRef: "counted",
  region: "weur",
};
const consumesTogether = 500;

const toRequest = (name: "reserve" | "settle", key: string) => {
  const { idempotency, cause } = oneUnit(key);
  return { idempotency: { ...idempotency, endpoint: `usage/${name}` as const }, cause };
};

/** The real subject. Counts every cursor of its SQLite and every statement to D1. */
export class CountedSubject extends Subject {
  private readonly cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  private d1Statements = 0;

  constructor(ctx: DurableObjectState, env: SubjectEnv) {
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

  /** Grows the ledger to `entries` entries, through the calls that the routes make. */
  async growTo(entries: number): Promise<void> {
    await this.applyStripe(identity, packPurchase("counted"));
    let { sequence } = await this.read();
    while (sequence < entries) {
      const keys = Array.from(
        { length: Math.min(consumesTogether, entries - sequence) },
        (_, index) => `grow-${sequence + index}`,
      );
      await Promise.all(keys.map((key) => this.consume(identity, oneUnit(key))));
      sequence += keys.length;
      this.cursors.length = 0;
      await scheduler.wait(0);
    }
  }

  /** Counts one check, one consume and its replay, one reserve and its settle. `key` must be new. */
  async countOperations(key: string): Promise<CountedOperations> {
    const check = await this.count(() => this.check());
    const consume = await this.count(() => this.consume(identity, oneUnit(key)));
    const replay = await this.count(() => this.consume(identity, oneUnit(key)));
    let reservationId = "";
    const reserve = await this.count(async () => {
      const terms = { units: 2, expiresInMs: 900_000, onExpiry: "release" as const };
      const result = await this.usage(identity, { type: "reserve", ...terms, ...toRequest("reserve", key) });
      if (result.outcome === "done") reservationId = result.reply.reservationId ?? "";
    });
    const settle = await this.count(() => {
      const terms = { reservationId, units: 1, allowMore: false, keepOpen: false };
      return this.usage(identity, { type: "settle", ...terms, ...toRequest("settle", key) });
    });
    return { check, consume, replay, reserve, settle };
  }

  consumeOne(key: string) {
    return this.consume(identity, oneUnit(key));
  }

  /** Folds all entries, as the alarm would in 92 days. Returns the number of calls it took. */
  async foldAll(): Promise<number> {
    const { storage } = this.ctx;
    const store = new SubjectStore(storage);
    let runs = 1;
    while (await foldHistory(storage, store, Date.now() + 92 * dayMs, () => true)) {
      runs++;
      this.cursors.length = 0;
    }
    return runs;
  }

  /** Returns the size of the object's database on disk. */
  async bytes(): Promise<number> {
    return this.ctx.storage.sql.databaseSize;
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
