import type { DeliveryMessage } from "../../../shared/db/outbound-events.ts";
import type { DevService } from "../../../shared/kit/dev-service.ts";
import type { MetricsEnv } from "../../../shared/kit/metrics.ts";

/** The bindings that a subject's object uses. */
export interface SubjectEnv extends MetricsEnv {
  DB: D1Database;
  DELIVERIES: Queue<DeliveryMessage>;
  DEV?: DevService;
}
