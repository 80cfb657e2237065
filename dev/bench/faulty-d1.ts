import type { DeclaredOptions } from "../stack/build.ts";
import { wrapD1Source } from "./wrap-d1.ts";

/**
 * What D1 may do to the runtime: answer; fail before it did anything; do it and lose the answer; do it and answer late; or
 * do nothing until it answers again, and then do what was asked meanwhile, however old.
 */
export type D1Behaviour = "answers" | "fails" | "loses-answers" | "late" | "stalls";

/** Of an answer that is late, in milliseconds: more than what a check or a consume may take, less than our timeout of D1. */
export const lateMs = 3_000;

// What D1 does is asked of the bench worker for each call.
const script = `${wrapD1Source}
  const lateMs = ${lateMs};
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  export default function (env) {
    const behaviour = async () => (await env.CONTROL.fetch("http://bench/d1")).text();
    const call = async (work) => {
      let does = await behaviour();
      while (does === "stalls") {
        await wait(100);
        does = await behaviour();
      }
      if (does === "fails") throw new Error("D1_ERROR: D1 is overloaded");
      const result = await work();
      if (does === "loses-answers") throw new Error("D1_ERROR: Network connection lost");
      if (does === "late") await wait(lateMs);
      return result;
    };
    return wrapD1(env.DB, call);
  }
`;

/** The binding that takes D1's place in the runtime's options, and the worker that it is made of. */
export function faultyD1(d1Databases: DeclaredOptions["d1Databases"]) {
  const name = "licenzy-faulty-d1";
  return {
    bindings: { d1Databases: {}, wrappedBindings: { DB: name } },
    workers: [
      { name, modules: true, script, d1Databases, serviceBindings: { CONTROL: "licenzy-bench" } } as const,
    ],
  };
}
