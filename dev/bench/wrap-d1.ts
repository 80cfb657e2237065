import type { DeclaredOptions } from "../stack/build.ts";

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

/**
 * Replaces every D1 binding of a worker. Each gets a separate worker, named after `name` and the binding, which has the
 * database as `DB` and runs the script that `buildScript` returns for the binding.
 */
export function replaceD1Bindings(
  name: string,
  d1Databases: DeclaredOptions["d1Databases"],
  buildScript: (binding: string) => string,
) {
  const nameOf = (binding: string) => `${name}-${binding.toLowerCase().replace("_", "-")}`;
  const bindings = Object.keys(d1Databases).map((binding) => [binding, nameOf(binding)]);
  return {
    bindings: {
      d1Databases: {},
      wrappedBindings: Object.fromEntries(bindings) as Record<string, string>,
    },
    workers: Object.entries(d1Databases).map(([binding, DB]) => ({
      name: nameOf(binding),
      modules: true as const,
      script: buildScript(binding),
      d1Databases: { DB },
    })),
  };
}
