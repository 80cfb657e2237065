import type { WorkerOptions } from "miniflare";
import type { StackWorkerOptions } from "../stack/worker-options.ts";
import { wrapD1Source } from "./wrap-d1.ts";

/** What a worker prints for each of its round trips to D1: a statement, or a batch of them. */
export const roundTripLine = "d1 round trip";

const script = `${wrapD1Source}
  export default ({ DB }) => wrapD1(DB, (work) => {
    console.log(${JSON.stringify(roundTripLine)});
    return work();
  });
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
