import type { AuditEntry } from "../../../../shared/db/audit.ts";
import { isAuthenticationRecent } from "../../../../shared/domain/recent-authentication.ts";
import {
  checkCode,
  checkFirstCode,
  checkPassword,
  tooManyAttempts,
  wrongCode,
} from "../../auth/check-credential.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { findPasswordError, hashPassword } from "../../auth/password.ts";
import { createSignInService } from "../../auth/sign-in-service.ts";
import { turnOffSecondFactor } from "../../db/second-factors.ts";
import { replacePassword, revokeSessions } from "../../db/sessions.ts";
import { redirectWith } from "../../http/flash.ts";
import { readForm } from "../../http/form.ts";
import { type Form, getOrigin, type PortalContext, toActor } from "../../request-context.ts";
import { renderAccountPage } from "./page.tsx";
import { type Enrolment, renderSecondFactorPage } from "./second-factor-page.tsx";

export const showAccount = (c: PortalContext) => renderAccountPage(c);

export async function changePassword(c: PortalContext) {
  const form = await readForm(c);
  const { operatorId, token, email } = c.get("member");
  const showErrors = (errors: Record<string, string>, status: 422 | 429 = 422) =>
    renderAccountPage(c, { values: {}, errors }, status);
  const error = findPasswordError(form["password"] ?? "");
  if (error !== null) return showErrors({ password: error });
  const checked = await checkPassword(c, form["current"] ?? "");
  if (checked.outcome === "too_many") return showErrors({ current: tooManyAttempts }, 429);
  if (checked.outcome === "wrong") return showErrors({ current: "Current password is incorrect." });
  const newHash = await hashPassword(form["password"] ?? "");
  const audit: AuditEntry = {
    actor: toActor(c),
    at: c.get("now"),
    action: "operator.change_password",
    target: email,
  };
  await replacePassword(c.env.DB, { operatorId, token }, newHash, audit);
  return redirectWith(c, "/account", "Password changed. Your other sessions are signed out.");
}

/** Ending one session is not confirmed: that browser signs in again. */
export function confirmEndingSessions(_c: PortalContext, form: Form): Confirmation | null {
  if (form["session"] !== "others") return null;
  return {
    title: "Sign out all other sessions?",
    text: "Every browser except this one must sign in again. Forms that are open there are kept through sign-in.",
    button: "Sign out all others",
    back: "/account",
  };
}

export async function endSession(c: PortalContext) {
  const { session = "" } = await readForm(c);
  const { operatorId, token, email } = c.get("member");
  const which = session === "others" ? { keepToken: token } : { sessionId: session };
  const audit: AuditEntry = {
    actor: toActor(c),
    at: c.get("now"),
    action: "operator.end_session",
    target: email,
  };
  const ended = await revokeSessions(c.env.DB, operatorId, which, audit);
  return ended === 0
    ? redirectWith(c, "/account", "That session has already ended.", "bad")
    : redirectWith(
        c,
        "/account",
        ended === 1 ? "One session was signed out." : `${ended} sessions were signed out.`,
      );
}

export const showSecondFactor = (c: PortalContext) => renderSecondFactorPage(c);

/** Creates a secret. The second factor is on only after a code from it was entered. */
export async function enableSecondFactor(c: PortalContext) {
  const { password = "" } = await readForm(c);
  const { hasPassword, provenAt } = c.get("member");
  if (hasPassword) {
    const checked = await checkPassword(c, password);
    if (checked.outcome === "too_many") return showFieldError(c, "password", tooManyAttempts, 429);
    if (checked.outcome === "wrong") return showFieldError(c, "password", "Incorrect password.");
  } else if (!isAuthenticationRecent(provenAt?.getTime() ?? null, Date.now()))
    return showFieldError(
      c,
      "",
      "Your sign-in is more than 30 minutes old. Sign out and sign in again first.",
    );
  const { api } = createSignInService(c.env, getOrigin(c));
  const body = hasPassword ? { password } : {};
  const reply = await api.enableTwoFactor({ body, headers: c.req.raw.headers, asResponse: true });
  if (!reply.ok) return redirectWith(c, "/account/second-factor", "The second factor is already on.", "bad");
  const { totpURI, backupCodes } = (await reply.json()) as { totpURI: string; backupCodes: string[] };
  return renderSecondFactorPage(c, {
    enrolment: { secret: parseSecret(totpURI), uri: totpURI, backupCodes },
  });
}

export async function confirmSecondFactor(c: PortalContext) {
  const form = await readForm(c);
  const checked = await checkFirstCode(c, form["code"] ?? "");
  if (checked.outcome === "right")
    return redirectWith(c, "/account", "Second factor on. Your other sessions are signed out.");
  const uri = form["uri"] ?? "";
  const enrolment = { secret: parseSecret(uri), uri, backupCodes: (form["backup_codes"] ?? "").split(" ") };
  return checked.outcome === "too_many"
    ? showFieldError(c, "code", tooManyAttempts, 429, enrolment)
    : showFieldError(c, "code", wrongCode, 422, enrolment);
}

/** Turns the second factor off, with one of its codes: the password alone could otherwise remove it. */
export async function disableSecondFactor(c: PortalContext) {
  const { code = "" } = await readForm(c);
  const { operatorId, email, hasPassword } = c.get("member");
  if (!hasPassword)
    return redirectWith(c, "/account", "Set a password before you turn off the second factor.", "bad");
  const checked = await checkCode(c, code);
  if (checked.outcome === "too_many") return showFieldError(c, "code", tooManyAttempts, 429);
  if (checked.outcome === "wrong") return showFieldError(c, "code", wrongCode);
  const audit: AuditEntry = {
    actor: toActor(c),
    at: c.get("now"),
    action: "operator.disable_second_factor",
    target: email,
  };
  await turnOffSecondFactor(c.env.DB, operatorId, audit);
  return redirectWith(c, "/account", "Second factor off.");
}

function showFieldError(
  c: PortalContext,
  name: string,
  error: string,
  status: 422 | 429 = 422,
  enrolment?: Enrolment,
) {
  const form = { values: {}, errors: { [name]: error } };
  return renderSecondFactorPage(c, { form, status, ...(enrolment === undefined ? {} : { enrolment }) });
}

const maxUriLength = 500;

/**
 * Returns the secret of an `otpauth:` URI. Returns an empty string for other text and for URIs longer than
 * any authenticator accepts.
 */
function parseSecret(uri: string): string {
  if (uri.length > maxUriLength) return "";
  return /^otpauth:.*[?&]secret=([A-Z2-7]+)/.exec(uri)?.[1] ?? "";
}
