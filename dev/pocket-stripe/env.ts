import type { DevService } from "../../shared/kit/dev-service.ts";
import type { PocketStripe } from "./pocket-stripe.ts";

export interface Env {
  POCKET_STRIPE: DurableObjectNamespace<PocketStripe>;
  DEV: DevService;
  /** The front of the whole stack. Deliveries to its own origin go by it, because a worker can't call its own port. */
  GATEWAY: Fetcher;
  /** `http://localhost:<port>`, without a slash at the end. */
  PUBLIC_ORIGIN: string;
}
