import { withTimeout } from "../kit/timeout.ts";

/** D1's own limits are longer than any caller waits. */
const timeoutMs = 10_000;

/** Bindings that are wrapped already, by the `env` that the platform passes: one per isolate. */
const wrapped = new WeakMap<object, object>();

/**
 * Returns `env` with a time limit on every round trip of `DB`. Each entry of a worker applies it once, so that no query
 * can be written without a limit. A query that fails or takes longer than 10 s throws `DependencyUnavailableError`; what
 * it wrote stays written, so a write must be safe to repeat.
 */
export function withD1Timeout<Env extends { DB: D1Database }>(env: Env): Env {
  const known = wrapped.get(env);
  if (known !== undefined) return known as Env;
  // Wrapped at its first use: a check with a known key never touches D1.
  let db: D1Database | undefined;
  const get = () => {
    db ??= limitDatabase(env.DB);
    return db;
  };
  const limited = Object.create(env, { DB: { get, enumerable: true } }) as Env;
  wrapped.set(env, limited);
  return limited;
}

function limitDatabase(db: D1Database): D1Database {
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
  return {
    prepare: (query: string) => limit(db.prepare(query)),
    batch: (limited: D1PreparedStatement[]) => call(db.batch(limited.map(original))),
    exec: (query: string) => call(db.exec(query)),
  } as unknown as D1Database;
}
