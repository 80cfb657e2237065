import type { DevService } from "../../shared/kit/dev-service.ts";

/** The bindings that the Durable Object uses. */
export interface ObjectEnv {
  DEV: DevService;
  /**
   * The development gateway. Deliveries to its own origin use this binding, since a worker can't call its
   * own port.
   */
  GATEWAY: Fetcher;
  /** `http://localhost:<port>`, without a trailing slash. */
  PUBLIC_ORIGIN: string;
}
