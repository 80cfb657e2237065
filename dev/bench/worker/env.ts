import type { RuntimeEnv } from "../../../workers/runtime/env.ts";
import type { VerificationEntrypoint } from "../../entries/runtime/verification-entrypoint.ts";
import type { Bare } from "./bare.ts";
import type { CountedSubject } from "./counted-subject.ts";

export interface BenchEnv extends RuntimeEnv {
  BARE: DurableObjectNamespace<Bare>;
  VERIFICATION: Service<VerificationEntrypoint>;
  COUNTED: DurableObjectNamespace<CountedSubject>;
}
