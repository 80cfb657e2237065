import type { OperatorRpc } from "../../shared/contract/operations/operation.ts";
import type { DevService } from "../../shared/kit/dev-service.ts";
import type { MailEnv } from "../../shared/kit/send-mail.ts";

/**
 * Bindings and secrets of the portal worker (wrangler.toml). `DEV` exists in development only. Without `MAIL` or
 * `MAIL_FROM`, operators copy the link of an invitation.
 */
export interface PortalEnv extends MailEnv {
  DB: D1Database;
  /** The files of the documentation site. */
  DOCS: Fetcher;
  /** The runtime's `OperatorEntrypoint`, over RPC. */
  RUNTIME: OperatorRpc;
  /** The deliveries worker's `WebhookOperatorEntrypoint`, over RPC. */
  WEBHOOKS: OperatorRpc;
  /** Signs the session cookies and seals second factors: at least 32 random characters. */
  SIGN_IN_SECRET: string;
  /** Enables /setup until there is an owner, if it has 32 characters at least. */
  SETUP_TOKEN?: string;
  GOOGLE_CLIENT_ID?: string;
  GOOGLE_CLIENT_SECRET?: string;
  MICROSOFT_CLIENT_ID?: string;
  MICROSOFT_CLIENT_SECRET?: string;
  DEV?: DevService;
}
