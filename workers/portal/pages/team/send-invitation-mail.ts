import { writeAuditEntry } from "../../../../shared/db/audit.ts";
import { errorMessage, log } from "../../../../shared/kit/log.ts";
import { DependencyUnavailableError, TimeoutError, withTimeout } from "../../../../shared/kit/timeout.ts";
import type { PortalEnv } from "../../env.ts";
import { type PortalContext, toActor } from "../../request-context.ts";
import { buildInvitationMessage, type InvitationMail } from "./invitation-message.tsx";

/**
 * Result of mailing an invitation that is already stored. The invitation and its link do not depend on the
 * email, so a failure is a value.
 *
 * A crash before or after sending leaves an open invitation, which an operator can send again with a new
 * link.
 */
export type MailOutcome = { outcome: "off" } | { outcome: "sent" } | { outcome: "failed"; reason: string };

/** Time limit for the mail service. The operator waits for the page until then. */
const timeoutMs = 5_000;

type MailEnv = Pick<PortalEnv, "MAIL" | "MAIL_FROM" | "PUBLIC_ORIGIN">;

/**
 * Returns whether invitations are mailed. Also true for incomplete configuration, so that the page reports
 * what is missing.
 */
export const isMailEnabled = ({ MAIL, MAIL_FROM }: MailEnv): boolean =>
  MAIL !== undefined || Boolean(MAIL_FROM);

/** Mails an invitation and writes the result to the audit log. Throws only when D1 fails. */
export async function mailInvitation(
  c: PortalContext,
  to: string,
  invitation: InvitationMail,
): Promise<MailOutcome> {
  if (!isMailEnabled(c.env)) return { outcome: "off" };
  const startedAt = Date.now();
  const result = await sendInvitationMail(c.env, to, invitation);
  logOutcome(result, { requestId: c.get("requestId"), durationMs: Date.now() - startedAt });
  const entry = { actor: toActor(c), at: c.get("now"), action: "invitation.mail" as const, target: to };
  await writeAuditEntry(c.env.DB, { ...entry, after: result });
  return result;
}

/** Logs the result. Reasons contain neither the email address nor the link. */
function logOutcome(result: MailOutcome, about: { requestId: string; durationMs: number }): void {
  if (result.outcome === "failed") log("error", "mail.failed", { ...about, error: result.reason });
  else log("info", "mail", { ...about, outcome: result.outcome });
}

/**
 * Passes the message to the mail service. A service that takes longer than 5 s counts as failed. Never
 * throws.
 */
export async function sendInvitationMail(
  env: MailEnv,
  to: string,
  invitation: InvitationMail,
): Promise<MailOutcome> {
  const { MAIL, MAIL_FROM } = env;
  if (MAIL === undefined) return failed("the portal has no binding MAIL");
  if (!MAIL_FROM) return failed("MAIL_FROM is not set");
  if (getPublicOrigin(env) === null) return failed("PUBLIC_ORIGIN is not set, or is no address");
  const from = { name: "Licenzy", email: MAIL_FROM };
  const message = { from, to, replyTo: invitation.inviter.email, ...buildInvitationMessage(invitation) };
  try {
    await withTimeout("the mail service", timeoutMs, MAIL.send(message));
    return { outcome: "sent" };
  } catch (error) {
    return failed(toReason(error instanceof DependencyUnavailableError ? error.cause : error));
  }
}

const failed = (reason: string): MailOutcome => ({ outcome: "failed", reason });

/**
 * Returns the origin for links in emails. It is configured, since the Host header is under the sender's
 * control.
 */
export function getPublicOrigin({ PUBLIC_ORIGIN }: MailEnv): string | null {
  return /^https?:\/\/[^\s/?#]+/.exec(PUBLIC_ORIGIN ?? "")?.[0] ?? null;
}

/** Messages for the error codes of Cloudflare's Email Service that an owner can act on. */
const reasons: Record<string, string> = {
  E_SENDER_NOT_VERIFIED: "the domain of MAIL_FROM is not set up for sending",
  E_SENDER_DOMAIN_NOT_AVAILABLE: "the domain of MAIL_FROM is not set up for sending",
  E_RECIPIENT_NOT_ALLOWED: "the mail service may not send to this address",
  E_RECIPIENT_SUPPRESSED: "earlier mail to this address bounced or was reported as spam",
  E_DELIVERY_FAILED: "the mail server of this address refused it",
  E_RATE_LIMIT_EXCEEDED: "too many mails were sent just now",
  E_DAILY_LIMIT_EXCEEDED: "the mail service takes no more mails today",
};

function toReason(cause: unknown): string {
  if (cause instanceof TimeoutError)
    return `the mail service did not answer within ${timeoutMs / 1000} seconds, so it may arrive or not`;
  const message = errorMessage(cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : message.split(":", 1)[0];
  return reasons[code ?? ""] ?? `the mail service says “${message}”`;
}
