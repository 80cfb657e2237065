import { inviteMember } from "../../../../shared/contract/operations/members.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import { encodeBase32 } from "../../../../shared/kit/base32.ts";
import { sha256Hex } from "../../../../shared/kit/hash.ts";
import type { FormState } from "../../components/fields.tsx";
import {
  type InvitationRow,
  insertInvitation,
  isMemberEmail,
  renewInvitation,
  revokeInvitation as revokeInvitationRow,
} from "../../db/invitations.ts";
import { parseForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { getOrigin, type PortalContext, toActor } from "../../request-context.ts";
import { renderTeamPage } from "./page.tsx";
import { getPublicOrigin, mailInvitation } from "./send-invitation-mail.ts";

const lifetimeMs = 7 * dayMs;

/**
 * Creates the secret of a one-time link. Only its hash is stored, so the link can be shown and mailed only
 * now.
 */
const newToken = () => encodeBase32(crypto.getRandomValues(new Uint8Array(20)));

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
    return showErrors({ email: "Somebody with this address is a member already." }, 409);
  const actor = toActor(c);
  const now = c.get("now");
  const token = newToken();
  const invitation: InvitationRow = {
    invitationId,
    accountId: actor.accountId,
    email,
    role,
    tokenHash: sha256Hex(token),
    invitedBy: actor.operatorId,
    createdAt: now,
    expiresAt: now + lifetimeMs,
    acceptedAt: null,
    revokedAt: null,
  };
  if (!(await insertInvitation(c.env.DB, actor, invitation)))
    return showErrors(
      { "": "This form was sent twice. If the link was lost, make a new one under “Invited”." },
      409,
    );
  return deliverLink(c, invitation, token);
}

/** Replaces the link, for an email that did not arrive or a link that was lost. */
export async function replaceInvitationLink(c: PortalContext) {
  const { invitation: invitationId = "", expires_at = "" } = await readForm(c);
  const now = c.get("now");
  const token = newToken();
  const shown = { invitationId, expiresAt: parseWholeNumber(expires_at) };
  const link = { tokenHash: sha256Hex(token), expiresAt: now + lifetimeMs };
  const invitation = await renewInvitation(c.env.DB, toActor(c), shown, link, now);
  return invitation === null
    ? redirectWith(c, "/team", "That invitation is not open any more, or has a new link already.", "bad")
    : deliverLink(c, invitation, token);
}

/** Mails the link when email is configured. Always shows the link, on this page only. */
async function deliverLink(c: PortalContext, { email, role, expiresAt }: InvitationRow, token: string) {
  const url = `${getPublicOrigin(c.env) ?? getOrigin(c)}/invitations/${token}`;
  const { name, email: from, accountName } = c.get("member");
  const inviter = { name, email: from };
  const mail = await mailInvitation(c, email, { accountName, inviter, role, expiresAt, url });
  return renderTeamPage(c, { link: { url, email, mail } });
}

export async function revokeInvitation(c: PortalContext) {
  const { invitation = "" } = await readForm(c);
  return (await revokeInvitationRow(c.env.DB, toActor(c), invitation, c.get("now")))
    ? redirectWith(c, "/team", "The invitation is taken back; its link opens nothing any more.")
    : redirectWith(c, "/team", "That invitation is not open any more.", "bad");
}
