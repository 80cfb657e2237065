import { roles } from "../../../../shared/contract/roles.ts";
import { d1 } from "../../../../shared/db/deadline.ts";
import { insertInvitation, isOperator, revokeInvitation } from "../../../../shared/db/invitations.ts";
import { changeRole, readTeam, removeMember } from "../../../../shared/db/members.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import { encodeBase32 } from "../../../../shared/kit/base32.ts";
import { sha256Hex } from "../../../../shared/kit/hash.ts";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { actorOf, originOf, type PortalContext } from "../../request-context.ts";
import { teamPage } from "./page.tsx";

const lifetimeMs = 7 * dayMs;

export const showTeam = (c: PortalContext) => teamPage(c);

/** Makes a one-time link. Only its hash is kept: what the page shows can't be shown again. */
export async function invite(c: PortalContext) {
  const form = await readForm(c);
  const email = field(form, "email").toLowerCase();
  const role = roles.find((candidate) => candidate === form["role"]);
  const invitationId = field(form, "invitation_id");
  const refuse = (faults: Record<string, string>, status: 409 | 422 = 422) =>
    teamPage(c, { form: { values: form, faults }, status });
  if (!/^[^\s@]{1,64}@[^\s@]{1,190}$/.test(email)) return refuse({ email: "This is no e-mail address." });
  if (role === undefined || !/^inv_[0-9a-z]{26}$/.test(invitationId))
    return refuse({ "": "The form was damaged. Here is a new one." });
  if (await d1(isOperator(c.env.DB, email)))
    return refuse({ email: "Somebody with this address is a member already." }, 409);
  const actor = actorOf(c);
  const now = c.get("now");
  const token = encodeBase32(crypto.getRandomValues(new Uint8Array(20)));
  const isNew = await d1(
    insertInvitation(c.env.DB, actor, {
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
    }),
  );
  if (!isNew)
    return refuse(
      { "": "This form was sent twice. If you lost the link, take the invitation back and make another." },
      409,
    );
  return teamPage(c, { link: { url: `${originOf(c)}/invitations/${token}`, email } });
}

export async function takeBack(c: PortalContext) {
  const { invitation = "" } = await readForm(c);
  return (await d1(revokeInvitation(c.env.DB, actorOf(c), invitation, c.get("now"))))
    ? redirectWith(c, "/team", "The invitation is taken back; its link opens nothing any more.")
    : redirectWith(c, "/team", "That invitation is not open any more.", "bad");
}

export async function setRole(c: PortalContext) {
  const form = await readForm(c);
  const person = await find(c, form["operator"]);
  const to = roles.find((candidate) => candidate === form["role"]);
  const from = roles.find((candidate) => candidate === form["from"]);
  if (person === undefined || to === undefined || from === undefined)
    return redirectWith(c, "/team", "There is no such member any more.", "bad");
  const { operatorId, email, name } = person;
  if (person.role === to) return redirectWith(c, "/team", `${name} has the role ${to}.`);
  if (await d1(changeRole(c.env.DB, actorOf(c), { operatorId, email, from, to }, c.get("now"))))
    return redirectWith(c, "/team", `${name} now has the role ${to}.`);
  const why =
    person.role === from
      ? "An account keeps at least one owner: make somebody else an owner first."
      : `Somebody else changed this meanwhile: ${name} has the role ${person.role}.`;
  return redirectWith(c, "/team", why, "bad");
}

export async function removeOther(c: PortalContext) {
  const person = await find(c, (await readForm(c))["operator"]);
  if (person === undefined) return redirectWith(c, "/team", "There is no such member any more.", "bad");
  return (await d1(removeMember(c.env.DB, actorOf(c), person, c.get("now"))))
    ? redirectWith(c, "/team", `${person.name} is removed, and signed out everywhere.`)
    : redirectWith(c, "/team", lastOwner, "bad");
}

export async function leave(c: PortalContext) {
  const { operatorId, email, role, accountName } = c.get("member");
  return (await d1(removeMember(c.env.DB, actorOf(c), { operatorId, email, role }, c.get("now"))))
    ? redirectWith(c, "/sign-in", `You have left ${accountName}.`)
    : redirectWith(c, "/team", lastOwner, "bad");
}

const lastOwner = "You are the last owner, and an account keeps one: make somebody else an owner first.";

async function find(c: PortalContext, operatorId: string | undefined) {
  const { people } = await d1(readTeam(c.env.DB, c.get("member").accountId, c.get("now")));
  return people.find((person) => person.operatorId === operatorId);
}
