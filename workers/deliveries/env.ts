import type { RuntimeMaintenance } from "../../shared/contract/maintenance.ts";
import type { JobKey } from "../../shared/contract/messages.ts";
import type { DeliveryMessage } from "../../shared/db/outbound-events.ts";
import type { DevService } from "../../shared/kit/dev-service.ts";
import type { MetricsEnv } from "../../shared/kit/metrics.ts";
import type { MailEnv } from "../../shared/kit/send-mail.ts";
import type { AlertMessageKey } from "./db/alert-attempts.ts";
import type { ClaimedDelivery } from "./db/delivery-attempts.ts";

/** This worker's own `Lanes`, called over RPC so that each lane is a separate invocation. */
export interface LanesRpc {
  resume(claimed: ClaimedDelivery): Promise<void>;
  send(wakeUp: DeliveryMessage): Promise<void>;
  runJob(key: JobKey): Promise<void>;
  sendAlertMessage(key: AlertMessageKey): Promise<void>;
}

/** The bindings of the deliveries worker (wrangler.toml), and what only development or a secret adds. */
export interface DeliveriesEnv extends MetricsEnv, MailEnv {
  RUNTIME: RuntimeMaintenance;
  DB: D1Database;
  DELIVERIES: Queue<DeliveryMessage>;
  LANES: LanesRpc;
  /** Secret; see docs/secrets.md. Seals the endpoints' signing secrets. */
  WEBHOOK_WRAPPING_KEYS: string;
  /**
   * Set like a secret (docs/secrets.md): `https://…`, where we are reachable ourselves. No endpoint may be there,
   * and the links of alert messages begin with it.
   */
  PUBLIC_ORIGIN?: string;
  DEV?: DevService;
}
