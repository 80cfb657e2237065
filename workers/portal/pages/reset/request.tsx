import { getPublicOrigin, isMailEnabled } from "../../../../shared/kit/send-mail.ts";
import { readKnownBrowser } from "../../auth/known-browser.ts";
import { resetMailCounters } from "../../auth/limits.ts";
import { newLinkToken } from "../../auth/one-time-link.ts";
import { emptyForm, Field, type FormState } from "../../components/fields.tsx";
import { renderSignedOutPage } from "../../components/layout.tsx";
import { insertRequestedReset } from "../../db/resets.ts";
import { countAttempt } from "../../db/sign-in-throttles.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { mailLink } from "../../http/mail-link.ts";
import { getZone } from "../../http/zone-cookie.ts";
import type { PortalContext } from "../../request-context.ts";
import { buildResetMessage } from "./message.tsx";

const lifetimeMs = 60 * 60_000;

/** Offers a reset link by mail, or says who can create one where mail is not configured. */
export const showResetRequest = (c: PortalContext) => requestPage(c, emptyForm, 200);

function requestPage(c: PortalContext, form: FormState, status: 200 | 422) {
  return renderSignedOutPage(
    c,
    { title: "Reset your password", status },
    <>
      <h1>Reset your password</h1>
      {isMailEnabled(c.env) ? (
        <form method="post" action="/forgot-password" class="form">
          <Field form={form} name="email" label="Email" type="email" autocomplete="username" autofocus />
          <button class="button primary" type="submit">
            Email a reset link
          </button>
        </form>
      ) : (
        <p>An owner can create a reset link for you on the page Team.</p>
      )}
      <p class="quiet">
        <a href="/sign-in">Back to sign-in</a>
      </p>
    </>,
  );
}

/**
 * Mails a reset link to an operator. The response is the same for every address, and is sent before the
 * address is looked up, so that it does not reveal who has an account.
 */
export async function requestReset(c: PortalContext) {
  const form = await readForm(c);
  const email = readField(form, "email").toLowerCase();
  if (!email.includes("@"))
    return requestPage(c, { values: form, errors: { email: "Enter an email address." } }, 422);
  const counters = resetMailCounters(c, email, await readKnownBrowser(c, email));
  const isCounted = await countAttempt(c.env.DB, counters, c.get("now"));
  if (isCounted && isMailEnabled(c.env)) c.executionCtx.waitUntil(mailRequestedReset(c, email));
  return redirectWith(
    c,
    "/sign-in",
    "If an operator has this email, we sent a reset link. It works for an hour.",
  );
}

async function mailRequestedReset(c: PortalContext, email: string): Promise<void> {
  const { token, tokenHash } = newLinkToken();
  const expiresAt = c.get("now") + lifetimeMs;
  const operator = await insertRequestedReset(c.env.DB, email, { tokenHash, expiresAt }, c.get("now"));
  if (operator === null) return;
  const url = `${getPublicOrigin(c.env)}/reset/${token}`;
  await mailLink(
    c,
    email,
    buildResetMessage({ name: operator.name, owner: null, expiresAt, zone: getZone(c), url }),
  );
}
