import type { WorkerOptions } from "miniflare";
import type { StackWorkerOptions } from "../stack/worker-options.ts";
import { replaceD1Bindings, wrapD1Source } from "./wrap-d1.ts";

/** The line that a worker prints for each round trip to a D1 database: a statement or a batch. */
export const roundTripLine = "d1 round trip";

const script = `${wrapD1Source}
  export default ({ DB }) => wrapD1(DB, (work) => {
    console.log(${JSON.stringify(roundTripLine)});
    return work();
  });
`;

/**
 * The workers that serve pages. The others keep their binding: the stack itself reaches D1 through one of
 * them.
 */
const countedWorkers = ["licenzy-portal", "licenzy-runtime"];

/** Makes the workers that serve pages log a line for each round trip to D1. */
export function withCountedD1(workers: StackWorkerOptions[]): WorkerOptions[] {
  const [d1Databases = {}] = workers.map((worker) => worker.d1Databases).filter(({ DB }) => DB !== undefined);
  const counted = replaceD1Bindings("licenzy-counted", d1Databases, () => script);
  return [
    ...workers.map((worker) =>
      countedWorkers.includes(worker.name) ? { ...worker, ...counted.bindings } : worker,
    ),
    ...counted.workers,
  ];
}
