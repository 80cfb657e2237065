import type { DeclaredOptions } from "../stack/build.ts";
import { replaceD1Bindings, wrapD1Source } from "./wrap-d1.ts";

/**
 * The behavior of D1:
 * - `answers`: normal;
 * - `fails`: fails before it executes a call;
 * - `loses-answers`: executes a call and loses its response;
 * - `late`: executes a call and responds late;
 * - `stalls`: executes nothing until the behavior changes, and then executes every waiting call, however old.
 */
export type D1Behavior = "answers" | "fails" | "loses-answers" | "late" | "stalls";

export interface D1Fault {
  behavior: D1Behavior;
  /** The binding of the database that behaves so; `null` for all of them. */
  binding: string | null;
}

/**
 * The delay of a late response: longer than the limit of a check or consume, shorter than the timeout of D1.
 */
export const lateMs = 3_000;

// Reads the behavior from the bench worker before each call.
const buildScript = (binding: string) => `${wrapD1Source}
  const lateMs = ${lateMs};
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  export default function (env) {
    const readBehavior = async () => (await env.CONTROL.fetch("http://bench/d1/${binding}")).text();
    const call = async (work) => {
      let behavior = await readBehavior();
      while (behavior === "stalls") {
        await wait(100);
        behavior = await readBehavior();
      }
      if (behavior === "fails") throw new Error("D1_ERROR: D1 is overloaded");
      const result = await work();
      if (behavior === "loses-answers") throw new Error("D1_ERROR: Network connection lost");
      if (behavior === "late") await wait(lateMs);
      return result;
    };
    return wrapD1(env.DB, call);
  }
`;

/** Builds the bindings that replace D1 in the runtime's options, and the workers behind them. */
export function faultyD1(d1Databases: DeclaredOptions["d1Databases"]) {
  const { bindings, workers } = replaceD1Bindings("licenzy-faulty", d1Databases, buildScript);
  const serviceBindings = { CONTROL: "licenzy-bench" };
  return { bindings, workers: workers.map((worker) => ({ ...worker, serviceBindings })) };
}
