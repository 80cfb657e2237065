import { createResetLink } from "../../../../shared/contract/operations/members.ts";
import { writeAuditEntry } from "../../../../shared/db/audit.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import { getPublicOrigin } from "../../../../shared/kit/send-mail.ts";
import { newLinkToken } from "../../auth/one-time-link.ts";
import { emptyForm, Radios } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { PageHead } from "../../components/parts.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { insertReset } from "../../db/resets.ts";
import { authorizeOperation } from "../../http/authorize-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readForm } from "../../http/form.ts";
import { mailLink } from "../../http/mail-link.ts";
import { getZone } from "../../http/zone-cookie.ts";
import { getOrigin, type PortalContext } from "../../request-context.ts";
import { buildResetMessage } from "../reset/message.tsx";
import { findMember } from "./actions.ts";
import { renderTeamPage } from "./page.tsx";

const notAMember = (c: PortalContext) =>
  redirectWith(c, "/team", "This person is not a member of the account.", "bad");

/** Returns the member that the path names, or the response for the operator's own id and for no member. */
async function findResettable(c: PortalContext) {
  const person = await findMember(c, c.req.param("operator"));
  if (person === undefined) return notAMember(c);
  if (person.operatorId === c.get("member").operatorId)
    return redirectWith(c, "/account", "Change your own password and second factor here.", "bad");
  return person;
}

const scopes = [
  {
    value: "password",
    label: "Password only",
    meaning: "Signing in still needs a code, if the second factor is on.",
  },
  {
    value: "both",
    label: "Password and second factor",
    meaning: "For a lost device. Using the link also turns off the second factor.",
  },
];

/** Shows the form that creates a reset link for a member. */
export async function showResetForm(c: PortalContext) {
  const person = await findResettable(c);
  if (person instanceof Response) return person;
  return renderPage(
    c,
    { title: "Reset sign-in" },
    <>
      <PageHead
        title={`Reset the sign-in of ${person.name}`}
        lead={`Creates a one-time link. ${person.email} chooses a new password with it. The current password and sessions keep working until then.`}
      />
      <form method="post" action={`/team/reset/${person.operatorId}`} class="form">
        <Radios form={emptyForm} name="scope" label="Reset" options={scopes} fallback="password" />
        <div class="row">
          <button class="button primary" type="submit">
            Create reset link
          </button>
          <a class="button" href="/team">
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

/** Creates the link, mails it when email is configured, and shows it, on this page only. */
export async function sendResetLink(c: PortalContext) {
  const form = await readForm(c);
  const person = await findResettable(c);
  if (person instanceof Response) return person;
  const permit = await authorizeOperation(c, createResetLink);
  if (permit.outcome === "refused") return renderRefusalPage(c, permit);
  const { operatorId, name, email } = person;
  const { token, tokenHash } = newLinkToken();
  const expiresAt = permit.now + dayMs;
  const reset = { operatorId, tokenHash, expiresAt, endsSecondFactor: form["scope"] === "both" };
  if (!(await insertReset(c.env.DB, permit, reset, email))) return notAMember(c);
  const url = `${getPublicOrigin(c.env) ?? getOrigin(c)}/reset/${token}`;
  const { actor, now: at } = permit;
  const owner = { name: actor.name, email: actor.email };
  const mail = await mailLink(c, email, buildResetMessage({ name, owner, expiresAt, zone: getZone(c), url }));
  if (mail.outcome !== "off")
    await writeAuditEntry(c.env.DB, {
      actor,
      at,
      action: "member.mail_reset_link",
      target: email,
      after: mail,
    });
  const note = "It works once, for 24 hours, replaces any earlier reset link, and is shown only now.";
  return renderTeamPage(c, { link: { url, email, mail, note } });
}
