import type { OperatorRpc } from "../../shared/contract/operations/operation.ts";
import type { DevService } from "../../shared/kit/dev-service.ts";

/** The bindings of the portal worker (wrangler.toml), its secrets, and `DEV` in development only. */
export interface PortalEnv {
  DB: D1Database;
  /** The runtime's `OperatorEntrypoint`, over RPC. */
  RUNTIME: OperatorRpc;
  /** The deliveries worker's `WebhookOperatorEntrypoint`, over RPC. */
  WEBHOOKS: OperatorRpc;
  /** Signs the session cookies and seals second factors: at least 32 random characters. */
  SIGN_IN_SECRET: string;
  /** Opens /setup as long as there is no owner. Unset: closed. */
  SETUP_TOKEN?: string;
  GOOGLE_CLIENT_ID?: string;
  GOOGLE_CLIENT_SECRET?: string;
  MICROSOFT_CLIENT_ID?: string;
  MICROSOFT_CLIENT_SECRET?: string;
  /** Cloudflare's Email Service, which sends invitations. Unset, with `MAIL_FROM`: links are copied. */
  MAIL?: SendEmail;
  /** The sender's address, at a domain that the Email Service sends for. */
  MAIL_FROM?: string;
  /** The portal's own address, for the links in mails. */
  PUBLIC_ORIGIN?: string;
  DEV?: DevService;
}
