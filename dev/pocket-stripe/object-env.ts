import type { DevService } from "../../shared/kit/dev-service.ts";

/** The bindings that the Durable Object uses. */
export interface ObjectEnv {
  /** Missing when pocket Stripe runs alone, in a separate process. Then its clock is the machine's. */
  DEV?: DevService;
  /**
   * The development gateway. Deliveries to its own origin use this binding, since a worker can't call its
   * own port. Missing as above: then every delivery goes over the network.
   */
  GATEWAY?: Fetcher;
  /** `http://localhost:<port>`, without a trailing slash. */
  PUBLIC_ORIGIN: string;
}
