import { log } from "../../../shared/kit/log.ts";
import { isMailEnabled, type MailOutcome, type Message, sendMail } from "../../../shared/kit/send-mail.ts";
import type { PortalContext } from "../request-context.ts";

/**
 * Mails a one-time link that is already stored, if mail is configured, and logs the result. Reasons contain
 * neither the email address nor the link. Never throws.
 */
export async function mailLink(c: PortalContext, to: string, message: Message): Promise<MailOutcome> {
  if (!isMailEnabled(c.env)) return { outcome: "off" };
  const startedAt = Date.now();
  const result = await sendMail(c.env, to, message);
  const about = { requestId: c.get("requestId"), durationMs: Date.now() - startedAt };
  if (result.outcome === "failed") log("error", "mail.failed", { ...about, error: result.reason });
  else log("info", "mail", { ...about, outcome: result.outcome });
  return result;
}
