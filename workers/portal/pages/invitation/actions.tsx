import { roleDescriptions } from "../../../../shared/contract/roles.ts";
import type { OperatorSession } from "../../../../shared/db/session.ts";
import { sha256Hex } from "../../../../shared/kit/hash.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { findNameError } from "../../auth/names.ts";
import { findPasswordError, hashPassword } from "../../auth/password.ts";
import { getSession } from "../../auth/session-cookie.ts";
import { listProviders, providerLabels } from "../../auth/sign-in-service.ts";
import { startSession } from "../../auth/start-session.ts";
import { NewPasswordField } from "../../components/credential-fields.tsx";
import { renderErrorPage } from "../../components/error-page.tsx";
import { emptyForm, Field, type FormState } from "../../components/fields.tsx";
import { renderSignedOutPage } from "../../components/layout.tsx";
import {
  acceptInvitation,
  type InvitationRow,
  type InvitedOperator,
  readInvitation,
} from "../../db/invitations.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { getIpAddress, type PortalContext } from "../../request-context.ts";

type Found = NonNullable<Awaited<ReturnType<typeof readInvitation>>>;

/** Returns the invitation of the path's token, or an error page when it can't be accepted. */
async function findInvitation(c: PortalContext): Promise<Found | Response> {
  const found = await readInvitation(c.env.DB, sha256Hex(c.req.param("token") ?? ""));
  if (found === null)
    return renderErrorPage(
      c,
      404,
      "Invitation not found",
      "Check the link. An owner can send a new invitation.",
    );
  const { acceptedAt, revokedAt, expiresAt } = found.invitation;
  const advice = "An owner can send a new one.";
  if (acceptedAt !== null)
    return renderErrorPage(c, 409, "This invitation was used", "A link works once. If it was you, sign in.");
  if (revokedAt !== null) return renderErrorPage(c, 409, "This invitation was revoked", advice);
  if (expiresAt <= c.get("now")) return renderErrorPage(c, 409, "This invitation has expired", advice);
  return found;
}

export async function showInvitation(c: PortalContext) {
  const found = await findInvitation(c);
  return found instanceof Response ? found : invitationPage(c, found, await getSession(c), emptyForm, 200);
}

/**
 * Accepts the invitation with a new name and password, or as the signed-in operator with the invited email.
 */
export async function joinAccount(c: PortalContext) {
  const found = await findInvitation(c);
  if (found instanceof Response) return found;
  const { invitation, operatorId: existingId, accountName } = found;
  const session = await getSession(c);
  const now = c.get("now");
  const [email, ipAddress] = [invitation.email, getIpAddress(c)];
  const welcome = `Welcome to ${accountName}.`;
  if (existingId !== null) {
    if (session?.operatorId !== existingId) return invitationPage(c, found, session, emptyForm, 422);
    // The first factor alone is not yet this operator.
    if (session.provenAt === null && session.hasSecondFactor) return c.redirect("/second-factor", 303);
    const person = { operatorId: existingId, name: session.name, email, passwordHash: null, ipAddress };
    const refused = await join(c, invitation, person);
    return refused ?? redirectWith(c, "/", welcome);
  }
  const form = await readForm(c);
  const [name, password] = [readField(form, "name"), form["password"] ?? ""];
  const errors: Record<string, string> = {};
  const nameError = findNameError(name, "Enter your name.");
  if (nameError !== null) errors["name"] = nameError;
  const error = findPasswordError(password);
  if (error !== null) errors["password"] = error;
  if (Object.keys(errors).length > 0) return invitationPage(c, found, session, { values: form, errors }, 422);
  const passwordHash = await hashPassword(password);
  const person = { operatorId: newId("opr", now), name, email, passwordHash, ipAddress };
  const refused = await join(c, invitation, person);
  if (refused !== null) return refused;
  await startSession(c, person.operatorId, "new password");
  return redirectWith(c, "/", welcome);
}

/**
 * Accepts the invitation. When another request was faster, returns the page with the invitation's new
 * state.
 */
async function join(
  c: PortalContext,
  invitation: InvitationRow,
  person: InvitedOperator,
): Promise<Response | null> {
  try {
    await acceptInvitation(c.env.DB, invitation, person, c.get("now"));
    return null;
  } catch (error) {
    const found = await findInvitation(c);
    if (found instanceof Response) return found;
    throw error;
  }
}

function invitationPage(
  c: PortalContext,
  { invitation, accountName, operatorId }: Found,
  session: OperatorSession | null,
  form: FormState,
  status: 200 | 422,
) {
  const path = `/invitations/${c.req.param("token")}`;
  const { email, role } = invitation;
  return renderSignedOutPage(
    c,
    { title: "Invitation", status },
    <>
      <h1>Join {accountName}</h1>
      <p>
        <b>{email}</b> is invited as <b>{role}</b>. {roleDescriptions[role]}
      </p>
      {operatorId === null ? (
        <>
          <form method="post" action={path} class="form">
            <Field form={form} name="name" label="Your name" autocomplete="name" autofocus />
            <NewPasswordField form={form} label="Choose a password" />
            <button class="button primary" type="submit">
              Join
            </button>
          </form>
          {listProviders(c.env).map((provider) => (
            <form method="post" action={`/sign-in/with/${provider}`} class="form">
              <input type="hidden" name="next" value={path} />
              <button class="button" type="submit">
                Join with {providerLabels[provider]}
              </button>
            </form>
          ))}
        </>
      ) : session?.operatorId === operatorId ? (
        <form method="post" action={path} class="form">
          <button class="button primary" type="submit">
            Join as {session.name}
          </button>
        </form>
      ) : (
        <>
          <p>An operator with this email exists. Sign in as {email}to accept the invitation.</p>
          <p>
            <a class="button primary" href={`/sign-in?next=${encodeURIComponent(path)}`}>
              Sign in
            </a>
          </p>
        </>
      )}
    </>,
  );
}
