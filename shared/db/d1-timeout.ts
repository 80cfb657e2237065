import { withTimeout } from "../kit/timeout.ts";
import { type DatabasesEnv, dataByNumber, listDatabases, nameOfDatabase } from "./databases.ts";

/** D1's own limits are longer than any caller waits. */
const timeoutMs = 10_000;

/** Bindings that are wrapped already, by the `env` that the platform passes: one per isolate. */
const wrapped = new WeakMap<object, object>();

/**
 * Returns `env` with a time limit on every round trip of its databases. Each entry of a worker applies it once, so that no query
 * can be written without a limit. A query that fails or takes longer than 10 s throws `DependencyUnavailableError`; what
 * it wrote stays written, so a write must be safe to repeat.
 */
export function withD1Timeout<Env extends DatabasesEnv>(env: Env): Env {
  const known = wrapped.get(env);
  if (known !== undefined) return known as Env;
  // Wrapped at its first use: a check with a known key never touches D1.
  const defer = (number: number) => {
    let db: D1Database | undefined;
    const get = () => {
      db ??= limitDatabase(dataByNumber(env, number), number > 0);
      return db;
    };
    return [nameOfDatabase(number), { get, enumerable: true }] as const;
  };
  const limited = Object.create(env, Object.fromEntries(listDatabases(env).map(defer))) as Env;
  wrapped.set(env, limited);
  return limited;
}

/** Data databases other than the control database. */
const separate = new WeakSet<object>();

/** Returns whether the database is another one than the control database, which has the audit log. */
export const isSeparate = (db: D1Database): boolean => separate.has(db);

function limitDatabase(db: D1Database, isSeparateOne: boolean): D1Database {
  const statements = new WeakMap<object, D1PreparedStatement>();
  const call = <T>(work: Promise<T>): Promise<T> => withTimeout("D1", timeoutMs, work);
  const limit = (statement: D1PreparedStatement): D1PreparedStatement => {
    const limited = {
      bind: (...values: unknown[]) => limit(statement.bind(...values)),
      first: (...column: [string]) => call(statement.first(...column)),
      run: () => call(statement.run()),
      all: () => call(statement.all()),
      raw: (...options: [{ columnNames: true }]) => call(statement.raw(...options)),
    } as unknown as D1PreparedStatement;
    statements.set(limited, statement);
    return limited;
  };
  /** `batch` takes only the platform's own statements. */
  const original = (limited: D1PreparedStatement) => statements.get(limited) ?? limited;
  const limitedDatabase = {
    prepare: (query: string) => limit(db.prepare(query)),
    batch: (limited: D1PreparedStatement[]) => call(db.batch(limited.map(original))),
    exec: (query: string) => call(db.exec(query)),
  } as unknown as D1Database;
  if (isSeparateOne) separate.add(limitedDatabase);
  return limitedDatabase;
}
