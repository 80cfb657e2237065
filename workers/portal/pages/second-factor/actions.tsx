import { createSignInService } from "../../auth/sign-in-service.ts";
import { clearLoginFailures, isLoginAllowed, tooManyAttempts } from "../../auth/throttle.ts";
import { emptyForm, Field, type FormState } from "../../components/fields.tsx";
import { renderSignedOutPage } from "../../components/layout.tsx";
import { markReauthenticated } from "../../db/sessions.ts";
import { readField, readForm } from "../../http/form.ts";
import { getOrigin, type PortalContext } from "../../request-context.ts";
import { toCodeError } from "../sign-in/actions.ts";

/**
 * Completes a sign-in through Google or Microsoft, or a password sign-in that lost its last step. Operators
 * with a second factor enter a code. For all others, authentication was recent when the session began.
 */
export async function finishSignIn(c: PortalContext) {
  const session = c.get("session");
  if (session.provenAt !== null) return c.redirect("/", 303);
  if (session.hasSecondFactor) return codePage(c, emptyForm, 200);
  await markReauthenticated(c.env.DB, session.token, session.startedAt.getTime());
  return c.redirect(session.hasPassword ? "/" : "/account/second-factor", 303);
}

export async function enterSecondFactor(c: PortalContext) {
  const code = readField(await readForm(c), "code").replaceAll(" ", "");
  const { email, token } = c.get("session");
  // better-auth limits wrong codes only before a session exists.
  if (!(await isLoginAllowed(c, email)))
    return codePage(c, { values: {}, errors: { code: tooManyAttempts } }, 422);
  const { api } = createSignInService(c.env, getOrigin(c));
  const call = { headers: c.req.raw.headers, asResponse: true as const, body: { code } };
  const reply = /^\d{6}$/.test(code) ? await api.verifyTOTP(call) : await api.verifyBackupCode(call);
  if (!reply.ok) return codePage(c, { values: {}, errors: { code: await toCodeError(reply) } }, 422);
  await clearLoginFailures(c, email);
  await markReauthenticated(c.env.DB, token, Date.now());
  return c.redirect("/", 303);
}

function codePage(c: PortalContext, form: FormState, status: 200 | 422) {
  return renderSignedOutPage(
    c,
    { title: "Second factor", status },
    <>
      <h1>Enter the code from your app</h1>
      <form method="post" action="/second-factor" class="form">
        <Field
          form={form}
          name="code"
          label="Code"
          hint="Six digits, or one of your backup codes."
          mono
          autofocus
        />
        <button class="button primary" type="submit">
          Continue
        </button>
      </form>
      <form method="post" action="/sign-out">
        <button class="button small" type="submit">
          Sign out
        </button>
      </form>
    </>,
  );
}
