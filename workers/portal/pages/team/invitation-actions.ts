import {
  inviteMember,
  renewInvitation as renewInvitationOperation,
} from "../../../../shared/contract/operations/members.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import { getPublicOrigin } from "../../../../shared/kit/send-mail.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { newLinkToken } from "../../auth/one-time-link.ts";
import type { FormState } from "../../components/fields.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import {
  type InvitationRow,
  insertInvitation,
  isMemberEmail,
  renewInvitation,
  revokeInvitation as revokeInvitationRow,
} from "../../db/invitations.ts";
import { readTeam } from "../../db/members.ts";
import { authorizeOperation } from "../../http/authorize-operation.ts";
import { parseForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { getZone } from "../../http/zone-cookie.ts";
import { type Form, getOrigin, type PortalContext, toActor } from "../../request-context.ts";
import { renderTeamPage } from "./page.tsx";
import { mailInvitation } from "./send-invitation-mail.ts";

const lifetimeMs = 7 * dayMs;

export async function sendInvitation(c: PortalContext) {
  const form = await readForm(c);
  const fields = {
    invitationId: readField(form, "invitation_id"),
    email: readField(form, "email"),
    role: form["role"],
  };
  const showErrors = (errors: FormState["errors"], status: 409 | 422 = 422) =>
    renderTeamPage(c, { form: { values: form, errors }, status });
  const parsed = parseForm(inviteMember.input, fields);
  if (parsed.outcome === "invalid") return showErrors(parsed.errors);
  const { invitationId, email, role } = parsed.input;
  if (await isMemberEmail(c.env.DB, email))
    return showErrors({ email: "A member with this email already exists." }, 409);
  const permit = await authorizeOperation(c, inviteMember);
  if (permit.outcome === "refused") return renderRefusalPage(c, permit);
  const { actor, now } = permit;
  const { token, tokenHash } = newLinkToken();
  const invitation: InvitationRow = {
    invitationId,
    accountId: actor.accountId,
    email,
    role,
    tokenHash,
    invitedBy: actor.operatorId,
    createdAt: now,
    expiresAt: now + lifetimeMs,
    acceptedAt: null,
    revokedAt: null,
  };
  if (!(await insertInvitation(c.env.DB, permit, invitation)))
    return showErrors({ "": "This invitation was already created. Create a new link under “Pending”." }, 409);
  return deliverLink(c, invitation, token);
}

/** Replaces the link, for an email that did not arrive or a link that was lost. */
export async function replaceInvitationLink(c: PortalContext) {
  const { invitation: invitationId = "", expires_at = "" } = await readForm(c);
  const permit = await authorizeOperation(c, renewInvitationOperation);
  if (permit.outcome === "refused") return renderRefusalPage(c, permit);
  const { token, tokenHash } = newLinkToken();
  const shown = { invitationId, expiresAt: parseWholeNumber(expires_at) };
  const link = { tokenHash, expiresAt: permit.now + lifetimeMs };
  const invitation = await renewInvitation(c.env.DB, permit, shown, link);
  return invitation === null
    ? redirectWith(c, "/team", "This invitation is no longer open, or has a newer link.", "bad")
    : deliverLink(c, invitation, token);
}

/** Mails the link when email is configured. Always shows the link, on this page only. */
async function deliverLink(c: PortalContext, { email, role, expiresAt }: InvitationRow, token: string) {
  const url = `${getPublicOrigin(c.env) ?? getOrigin(c)}/invitations/${token}`;
  const { name, email: from, accountName } = c.get("member");
  const inviter = { name, email: from };
  const zone = getZone(c);
  const mail = await mailInvitation(c, email, { accountName, inviter, role, expiresAt, zone, url });
  const note = "It works once, for 7 days, and is shown only this once.";
  return renderTeamPage(c, { link: { url, email, mail, note } });
}

export async function confirmRevocation(c: PortalContext, form: Form): Promise<Confirmation | Response> {
  const { invited } = await readTeam(c.env.DB, c.get("member").accountId, c.get("now"));
  const invitation = invited.find(({ invitationId }) => invitationId === form["invitation"]);
  if (invitation === undefined) return redirectWith(c, "/team", "This invitation is no longer open.", "bad");
  return {
    title: `Revoke the invitation of ${invitation.email}?`,
    text: "Its link stops working. To let them join, send a new invitation.",
    button: "Revoke invitation",
    back: "/team",
  };
}

export async function revokeInvitation(c: PortalContext) {
  const { invitation = "" } = await readForm(c);
  return (await revokeInvitationRow(c.env.DB, toActor(c), invitation, c.get("now")))
    ? redirectWith(c, "/team", "Invitation revoked.")
    : redirectWith(c, "/team", "This invitation is no longer open.", "bad");
}
