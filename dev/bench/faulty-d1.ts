import type { DeclaredOptions } from "../stack/build.ts";
import { wrapD1Source } from "./wrap-d1.ts";

/**
 * The behavior of D1:
 * - `answers`: normal;
 * - `fails`: fails before it executes a call;
 * - `loses-answers`: executes a call and loses its response;
 * - `late`: executes a call and responds late;
 * - `stalls`: executes nothing until the behavior changes, and then executes every waiting call, however old.
 */
export type D1Behavior = "answers" | "fails" | "loses-answers" | "late" | "stalls";

/**
 * The delay of a late response: longer than the limit of a check or consume, shorter than the timeout of D1.
 */
export const lateMs = 3_000;

// Reads the behavior from the bench worker before each call.
const script = `${wrapD1Source}
  const lateMs = ${lateMs};
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  export default function (env) {
    const readBehavior = async () => (await env.CONTROL.fetch("http://bench/d1")).text();
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

/** Builds the binding that replaces D1 in the runtime's options, and the worker behind it. */
export function faultyD1(d1Databases: DeclaredOptions["d1Databases"]) {
  const name = "licenzy-faulty-d1";
  return {
    bindings: { d1Databases: {}, wrappedBindings: { DB: name } },
    workers: [
      { name, modules: true, script, d1Databases, serviceBindings: { CONTROL: "licenzy-bench" } } as const,
    ],
  };
}
