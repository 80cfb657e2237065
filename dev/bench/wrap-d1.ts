/**
 * Source of a function for scripts that replace a worker's D1 binding inside its isolate. `wrapD1(db, call)`
 * returns `db` with each round trip, a statement or a batch, run by `call(work)`.
 */
export const wrapD1Source = `
  function wrapD1(db, call) {
    const originals = new WeakMap();
    const wrapped = (statement) => {
      const proxy = {
        bind: (...values) => wrapped(statement.bind(...values)),
        first: (...column) => call(() => statement.first(...column)),
        run: () => call(() => statement.run()),
        all: () => call(() => statement.all()),
        raw: (...options) => call(() => statement.raw(...options)),
      };
      originals.set(proxy, statement);
      return proxy;
    };
    return {
      prepare: (query) => wrapped(db.prepare(query)),
      batch: (statements) => call(() => db.batch(statements.map((each) => originals.get(each)))),
      exec: (query) => call(() => db.exec(query)),
    };
  }
`;
