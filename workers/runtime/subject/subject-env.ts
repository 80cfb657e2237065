import type { DeliveryMessage } from "../../../shared/db/outbound-events.ts";
import type { DevService } from "../../../shared/kit/dev-service.ts";
import type { MetricsEnv } from "../../../shared/kit/metrics.ts";
import type { AccessReplica } from "../replica/access-replica.ts";

/** The bindings that a subject's object uses. */
export interface SubjectEnv extends MetricsEnv {
  DB: D1Database;
  ACCESS_REPLICA: DurableObjectNamespace<AccessReplica>;
  DELIVERIES: Queue<DeliveryMessage>;
  DEV?: DevService;
}
