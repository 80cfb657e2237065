import type { RuntimeEnv } from "../../../workers/runtime/env.ts";
import type { MaintenanceEntrypoint } from "../../../workers/runtime/maintenance-entrypoint.ts";
import type { Bare } from "./bare.ts";
import type { CountedSubject } from "./counted-subject.ts";

export interface BenchEnv extends RuntimeEnv {
  BARE: DurableObjectNamespace<Bare>;
  MAINTENANCE: Service<MaintenanceEntrypoint>;
  COUNTED: DurableObjectNamespace<CountedSubject>;
}
