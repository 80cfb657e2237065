import { changeMemberRole } from "../../../../shared/contract/operations/members.ts";
import { roles } from "../../../../shared/contract/roles.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { changeRole, readTeam, removeMember } from "../../db/members.ts";
import { authorizeOperation } from "../../http/authorize-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readForm } from "../../http/form.ts";
import { type PortalContext, toActor } from "../../request-context.ts";
import { renderTeamPage } from "./page.tsx";

export const showTeam = (c: PortalContext) => renderTeamPage(c);

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

export async function removeTeamMember(c: PortalContext) {
  const person = await findMember(c, (await readForm(c))["operator"]);
  if (person === undefined) return redirectWith(c, "/team", "This member no longer exists.", "bad");
  return (await removeMember(c.env.DB, toActor(c), person, c.get("now")))
    ? redirectWith(c, "/team", `${person.name} is removed, and signed out everywhere.`)
    : redirectWith(c, "/team", lastOwnerMessage, "bad");
}

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
