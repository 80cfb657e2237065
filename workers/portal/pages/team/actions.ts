import { changeMemberRole } from "../../../../shared/contract/operations/members.ts";
import { hasRole, roles } from "../../../../shared/contract/roles.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { changeRole, readTeam, removeMember } from "../../db/members.ts";
import { authorizeOperation } from "../../http/authorize-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readForm } from "../../http/form.ts";
import { type Form, type PortalContext, toActor } from "../../request-context.ts";
import { renderTeamPage } from "./page.tsx";

export const showTeam = (c: PortalContext) => renderTeamPage(c);

export async function confirmRole(c: PortalContext, form: Form): Promise<Confirmation | null> {
  const { operatorId, role } = c.get("member");
  const to = roles.find((candidate) => candidate === form["role"]);
  // Only giving up one's own role can't be taken back.
  if (form["operator"] !== operatorId || to === undefined || hasRole(to, role)) return null;
  return {
    title: `Give up the role ${role}?`,
    text: `You will have the role ${to}. Only another owner can give you the role ${role} again.`,
    button: `Change my role to ${to}`,
    back: "/team",
  };
}

export async function setRole(c: PortalContext) {
  const form = await readForm(c);
  const person = await findMember(c, form["operator"]);
  const to = roles.find((candidate) => candidate === form["role"]);
  const from = roles.find((candidate) => candidate === form["from"]);
  if (person === undefined || to === undefined || from === undefined)
    return redirectWith(c, "/team", "This member no longer exists.", "bad");
  const { operatorId, email, name } = person;
  if (person.role === to) return redirectWith(c, "/team", `${name} has the role ${to}.`);
  const permit = await authorizeOperation(c, changeMemberRole);
  if (permit.outcome === "refused") return renderRefusalPage(c, permit);
  if (await changeRole(c.env.DB, permit, { operatorId, email, from, to }))
    return redirectWith(c, "/team", `${name} now has the role ${to}.`);
  const message =
    person.role === from
      ? "An account needs an owner. Make another member an owner first."
      : `Another operator changed this: ${name} now has the role ${person.role}.`;
  return redirectWith(c, "/team", message, "bad");
}

export async function confirmRemoval(c: PortalContext, form: Form): Promise<Confirmation | Response> {
  const person = await findMember(c, form["operator"]);
  if (person === undefined) return redirectWith(c, "/team", "This member no longer exists.", "bad");
  return {
    title: `Remove ${person.name}?`,
    text: `${person.email} is signed out everywhere and loses access to ${c.get("member").accountName}. Open invitations that they sent are revoked. Their notes and actions stay. To return, they need a new invitation.`,
    button: "Remove member",
    back: "/team",
  };
}

export async function removeTeamMember(c: PortalContext) {
  const person = await findMember(c, (await readForm(c))["operator"]);
  if (person === undefined) return redirectWith(c, "/team", "This member no longer exists.", "bad");
  return (await removeMember(c.env.DB, toActor(c), person, c.get("now")))
    ? redirectWith(c, "/team", `${person.name} is removed, and signed out everywhere.`)
    : redirectWith(c, "/team", lastOwnerMessage, "bad");
}

export const confirmLeaving = (c: PortalContext): Confirmation => ({
  title: `Leave ${c.get("member").accountName}?`,
  text: "You are signed out everywhere and lose access to this account. Open invitations that you sent are revoked. To return, you need a new invitation from an owner.",
  button: "Leave account",
  back: "/team",
});

export async function leaveAccount(c: PortalContext) {
  const { operatorId, email, role, accountName } = c.get("member");
  return (await removeMember(c.env.DB, toActor(c), { operatorId, email, role }, c.get("now")))
    ? redirectWith(c, "/sign-in", `You have left ${accountName}.`)
    : redirectWith(c, "/team", lastOwnerMessage, "bad");
}

const lastOwnerMessage = "You are the last owner. Make another member an owner first.";

export async function findMember(c: PortalContext, operatorId: string | undefined) {
  const { people } = await readTeam(c.env.DB, c.get("member").accountId, c.get("now"));
  return people.find((person) => person.operatorId === operatorId);
}
