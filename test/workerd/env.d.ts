import type { D1Migration } from "cloudflare:test";
import type { RuntimeEnv } from "../../workers/runtime/env.ts";
import type { TestDev } from "./subjects.ts";

declare global {
  namespace Cloudflare {
    /**
     * The bindings of the worker under test: the runtime's (wrangler.toml), and those that vitest.config.ts
     * adds.
     */
    interface Env extends RuntimeEnv {
      DEV: NonNullable<RuntimeEnv["DEV"]> & TestDev;
      MIGRATIONS: D1Migration[];
      /**
       * The number of random histories that a property test runs, and their seed; both from the environment.
       */
      HISTORIES: number;
      SEED: number;
    }
    /** Types `exports` of "cloudflare:workers" as the entrypoints of the runtime. */
    interface GlobalProps {
      mainModule: typeof import("../../workers/runtime/index.ts");
    }
  }
}

declare module "cloudflare:test" {
  /**
   * Accepts the runtime's objects: their `env` has no test bindings, so the original signature rejects them.
   */
  export function runInDurableObject<O extends Rpc.DurableObjectBranded, R>(
    stub: DurableObjectStub<O>,
    callback: (instance: O, state: DurableObjectState) => R | Promise<R>,
  ): Promise<R>;
}
