import type { StripeRetryMessage } from "../../shared/contract/messages.ts";
import type { DeliveryMessage } from "../../shared/db/outbound-events.ts";
import type { DevService } from "../../shared/kit/dev-service.ts";
import type { MetricsEnv } from "../../shared/kit/metrics.ts";
import type { Keyring } from "./keys/keyring.ts";
import type { Subject } from "./subject/subject.ts";

/** The bindings of the runtime worker (wrangler.toml), and `DEV` in development only. */
export interface RuntimeEnv extends MetricsEnv {
  SUBJECT: DurableObjectNamespace<Subject>;
  KEYRING: DurableObjectNamespace<Keyring>;
  DB: D1Database;
  STRIPE_RETRIES: Queue<StripeRetryMessage>;
  DELIVERIES: Queue<DeliveryMessage>;
  /** Secret; see docs/secrets.md. */
  STRIPE_WRAPPING_KEYS: string;
  DEV?: DevService;
}
