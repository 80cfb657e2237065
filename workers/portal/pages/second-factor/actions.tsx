import { checkSignInCode, tooManyAttempts, wrongCode } from "../../auth/check-credential.ts";
import { finishSession } from "../../auth/start-session.ts";
import { CodeField } from "../../components/credential-fields.tsx";
import { emptyForm, type FormState } from "../../components/fields.tsx";
import { renderSignedOutPage } from "../../components/layout.tsx";
import { readForm } from "../../http/form.ts";
import type { PortalContext } from "../../request-context.ts";

/**
 * Completes a sign-in through Google or Microsoft, or a password sign-in that lost its last step. Operators
 * with a second factor enter a code. For all others, authentication was recent when the session began.
 */
export async function finishSignIn(c: PortalContext) {
  const session = c.get("session");
  if (session.provenAt !== null) return c.redirect("/", 303);
  if (session.hasSecondFactor) return codePage(c, emptyForm, 200);
  await finishSession(c, session.token, "provider", session.startedAt.getTime());
  return c.redirect(session.hasPassword ? "/" : "/account/second-factor", 303);
}

export async function enterSecondFactor(c: PortalContext) {
  const session = c.get("session");
  if (session.provenAt !== null) return c.redirect("/", 303);
  const { code = "" } = await readForm(c);
  const showError = (error: string, status: 422 | 429) =>
    codePage(c, { values: {}, errors: { code: error } }, status);
  const checked = await checkSignInCode(c, session, code);
  if (checked.outcome === "too_many") return showError(tooManyAttempts, 429);
  if (checked.outcome === "wrong") return showError(wrongCode, 422);
  await finishSession(c, session.token, `provider and ${checked.value}`);
  return c.redirect("/", 303);
}

function codePage(c: PortalContext, form: FormState, status: 200 | 422 | 429) {
  return renderSignedOutPage(
    c,
    { title: "Second factor", status },
    <>
      <h1>Enter the code from your app</h1>
      <form method="post" action="/second-factor" class="form">
        <CodeField form={form} autofocus />
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
