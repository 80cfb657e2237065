import { hashLinkToken } from "../../auth/one-time-link.ts";
import { findPasswordError, hashPassword } from "../../auth/password.ts";
import { buildSignInEntry } from "../../auth/sign-in-audit.ts";
import { NewPasswordField } from "../../components/credential-fields.tsx";
import { renderErrorPage } from "../../components/error-page.tsx";
import { emptyForm, type FormState } from "../../components/fields.tsx";
import { renderSignedOutPage } from "../../components/layout.tsx";
import { readReset, useReset } from "../../db/resets.ts";
import { redirectWith } from "../../http/flash.ts";
import { readForm } from "../../http/form.ts";
import type { PortalContext } from "../../request-context.ts";

type Reset = NonNullable<Awaited<ReturnType<typeof readReset>>>;

const findReset = (c: PortalContext): Promise<Reset | null> =>
  readReset(c.env.DB, hashLinkToken(c.req.param("token") ?? ""), c.get("now"));

const notOpen = (c: PortalContext) =>
  renderErrorPage(
    c,
    404,
    "Reset link not valid",
    "The link was used, replaced or withdrawn, or it expired. An owner can create a new link.",
  );

export async function showReset(c: PortalContext) {
  const reset = await findReset(c);
  return reset === null ? notOpen(c) : resetPage(c, reset, emptyForm, 200);
}

/**
 * Sets the new password. The operator then signs in with it, and with the second factor where there is one.
 */
export async function resetPassword(c: PortalContext) {
  const reset = await findReset(c);
  if (reset === null) return notOpen(c);
  const { password = "" } = await readForm(c);
  const error = findPasswordError(password);
  if (error !== null) return resetPage(c, reset, { values: {}, errors: { password: error } }, 422);
  const tokenHash = hashLinkToken(c.req.param("token") ?? "");
  const { endsSecondFactor } = reset;
  const audit = buildSignInEntry(c, reset, "operator.reset_password", { endsSecondFactor });
  const hash = await hashPassword(password);
  if (!(await useReset(c.env.DB, { ...reset, tokenHash }, hash, c.get("now"), audit))) return notOpen(c);
  return redirectWith(c, "/sign-in", "Password changed. Sign in with it.");
}

function resetPage(c: PortalContext, { email, endsSecondFactor }: Reset, form: FormState, status: 200 | 422) {
  return renderSignedOutPage(
    c,
    { title: "Choose a new password", status },
    <>
      <h1>Choose a new password</h1>
      <p>
        For <b>{email}</b>. It signs you out everywhere
        {endsSecondFactor ? " and turns off your second factor" : ""}.
      </p>
      <form method="post" action={`/reset/${c.req.param("token")}`} class="form">
        <input type="hidden" name="email" value={email} />
        <NewPasswordField form={form} autofocus />
        <button class="button primary" type="submit">
          Change password
        </button>
      </form>
    </>,
  );
}
