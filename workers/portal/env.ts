import type { OperatorRpc } from "../../shared/contract/operations/operation.ts";
import type { DevService } from "../../shared/kit/dev-service.ts";

/** Bindings and secrets of the portal worker (wrangler.toml). `DEV` exists in development only. */
export interface PortalEnv {
  DB: D1Database;
  /** The runtime's `OperatorEntrypoint`, over RPC. */
  RUNTIME: OperatorRpc;
  /** The deliveries worker's `WebhookOperatorEntrypoint`, over RPC. */
  WEBHOOKS: OperatorRpc;
  /** Signs the session cookies and seals second factors: at least 32 random characters. */
  SIGN_IN_SECRET: string;
  /** Enables /setup until there is an owner. When unset, /setup is disabled. */
  SETUP_TOKEN?: string;
  GOOGLE_CLIENT_ID?: string;
  GOOGLE_CLIENT_SECRET?: string;
  MICROSOFT_CLIENT_ID?: string;
  MICROSOFT_CLIENT_SECRET?: string;
  /**
   * Cloudflare's Email Service, which sends invitations. Without it or `MAIL_FROM`, operators copy the
   * link.
   */
  MAIL?: SendEmail;
  /** The sender's address, at a domain that the Email Service may send for. */
  MAIL_FROM?: string;
  /** The portal's own origin, for links in emails. */
  PUBLIC_ORIGIN?: string;
  DEV?: DevService;
}
