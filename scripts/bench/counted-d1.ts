import type { WorkerOptions } from "miniflare";
import type { StackWorkerOptions } from "../stack/worker-options.ts";

/** What a worker prints for each of its round trips to D1: a statement, or a batch of them. */
export const roundTripLine = "d1 round trip";

// Runs inside the isolate of the worker, in place of the binding.
const script = `
  export default function ({ DB }) {
    const counted = (work) => {
      console.log(${JSON.stringify(roundTripLine)});
      return work();
    };
    const originals = new WeakMap();
    const wrapped = (statement) => {
      const proxy = {
        bind: (...values) => wrapped(statement.bind(...values)),
        first: (...column) => counted(() => statement.first(...column)),
        run: () => counted(() => statement.run()),
        all: () => counted(() => statement.all()),
        raw: (...options) => counted(() => statement.raw(...options)),
      };
      originals.set(proxy, statement);
      return proxy;
    };
    return {
      prepare: (query) => wrapped(DB.prepare(query)),
      batch: (statements) => counted(() => DB.batch(statements.map((each) => originals.get(each)))),
    };
  }
`;

/** The workers that answer a page. The others keep their binding: by one of them the stack reaches D1 itself. */
const countedWorkers = ["licenzy-portal", "licenzy-runtime"];

/** The same workers, where each round trip to D1 of those that answer a page leaves a line in the log. */
export function withCountedD1(workers: StackWorkerOptions[]): WorkerOptions[] {
  const name = "licenzy-counted-d1";
  const [d1Databases = {}] = workers.map((worker) => worker.d1Databases).filter(({ DB }) => DB !== undefined);
  const counted = { d1Databases: {}, wrappedBindings: { DB: name } };
  return [
    ...workers.map((worker) => (countedWorkers.includes(worker.name) ? { ...worker, ...counted } : worker)),
    { name, modules: true, script, d1Databases },
  ];
}
