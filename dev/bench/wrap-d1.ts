/**
 * Source of a function for scripts that run inside a worker's isolate, in place of its D1 binding: `wrapD1(db, call)` is `db`
 * with each of its round trips, a statement or a batch of them, made by `call(work)`.
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
