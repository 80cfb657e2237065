import { writeAuditEntry } from "../../../../shared/db/audit.ts";
import type { MailOutcome } from "../../../../shared/kit/send-mail.ts";
import { mailLink } from "../../http/mail-link.ts";
import { type PortalContext, toActor } from "../../request-context.ts";
import { buildInvitationMessage, type InvitationMail } from "./invitation-message.tsx";

/**
 * Mails an invitation and writes the result to the audit log. Throws only when D1 fails.
 *
 * A crash before or after sending leaves an open invitation, which an operator can send again with a new
 * link.
 */
export async function mailInvitation(
  c: PortalContext,
  to: string,
  invitation: InvitationMail,
): Promise<MailOutcome> {
  const result = await mailLink(c, to, buildInvitationMessage(invitation));
  if (result.outcome === "off") return result;
  const entry = { actor: toActor(c), at: c.get("now"), action: "invitation.mail" as const, target: to };
  await writeAuditEntry(c.env.DB, { ...entry, after: result });
  return result;
}
