import { type AuditEntry, writeAuditEntry } from "../../../../shared/db/audit.ts";
import { findPasswordError, hashPassword, verifyPassword } from "../../auth/password.ts";
import { startSession } from "../../auth/session-cookie.ts";
import { createSignInService } from "../../auth/sign-in-service.ts";
import { clearLoginFailures, isLoginAllowed, tooManyAttempts } from "../../auth/throttle.ts";
import { readPasswordHash, replacePassword, revokeSessions } from "../../db/sessions.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { getOrigin, type PortalContext, toActor } from "../../request-context.ts";
import { toCodeError } from "../sign-in/actions.ts";
import { renderAccountPage, renderSecondFactorPage } from "./page.tsx";

export const showAccount = (c: PortalContext) => renderAccountPage(c);

export async function changePassword(c: PortalContext) {
  const form = await readForm(c);
  const { operatorId, token, email } = c.get("member");
  const showErrors = (errors: Record<string, string>) => renderAccountPage(c, { values: {}, errors }, 422);
  if (!(await isLoginAllowed(c, email))) return showErrors({ current: tooManyAttempts });
  const hash = await readPasswordHash(c.env.DB, operatorId);
  if (hash === null || !(await verifyPassword(form["current"] ?? "", hash)))
    return showErrors({ current: "That is not your present password." });
  await clearLoginFailures(c, email);
  const error = findPasswordError(form["password"] ?? "");
  if (error !== null) return showErrors({ password: error });
  const newHash = await hashPassword(form["password"] ?? "");
  const audit: AuditEntry = {
    actor: toActor(c),
    at: c.get("now"),
    action: "operator.change_password",
    target: email,
  };
  await replacePassword(c.env.DB, { operatorId, token }, newHash, audit);
  return redirectWith(c, "/account", "Your password is changed, and you are signed out everywhere else.");
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
    ? redirectWith(c, "/account", "That session had ended already.", "bad")
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
  const { hasPassword, email } = c.get("member");
  if (!(await isLoginAllowed(c, email)))
    return renderSecondFactorPage(c, fieldError("password", tooManyAttempts));
  const { api } = createSignInService(c.env, getOrigin(c));
  const body = hasPassword ? { password } : {};
  const reply = await api.enableTwoFactor({ body, headers: c.req.raw.headers, asResponse: true });
  if (!reply.ok) return renderSecondFactorPage(c, fieldError("password", "That is not your password."));
  await clearLoginFailures(c, email);
  const { totpURI, backupCodes } = (await reply.json()) as { totpURI: string; backupCodes: string[] };
  return renderSecondFactorPage(c, {
    enrolment: { secret: parseSecret(totpURI), uri: totpURI, backupCodes },
  });
}

export async function confirmSecondFactor(c: PortalContext) {
  const form = await readForm(c);
  const { email } = c.get("member");
  const { api } = createSignInService(c.env, getOrigin(c));
  const code = readField(form, "code").replaceAll(" ", "");
  const reply = await api.verifyTOTP({ body: { code }, headers: c.req.raw.headers, asResponse: true });
  if (!reply.ok) {
    const uri = form["uri"] ?? "";
    const enrolment = { secret: parseSecret(uri), uri, backupCodes: (form["backup_codes"] ?? "").split(" ") };
    return renderSecondFactorPage(c, { ...fieldError("code", await toCodeError(reply)), enrolment });
  }
  // better-auth has replaced the session.
  await startSession(c, reply.headers);
  const audit: AuditEntry = {
    actor: toActor(c),
    at: c.get("now"),
    action: "operator.enable_second_factor",
    target: email,
  };
  await writeAuditEntry(c.env.DB, audit);
  return redirectWith(c, "/account", "The second factor is on.");
}

export async function disableSecondFactor(c: PortalContext) {
  const { password = "" } = await readForm(c);
  const { email, hasPassword } = c.get("member");
  if (!hasPassword) return redirectWith(c, "/account", "Who has no password needs the second factor.", "bad");
  if (!(await isLoginAllowed(c, email)))
    return renderSecondFactorPage(c, fieldError("password", tooManyAttempts));
  const { api } = createSignInService(c.env, getOrigin(c));
  const reply = await api.disableTwoFactor({
    body: { password },
    headers: c.req.raw.headers,
    asResponse: true,
  });
  if (!reply.ok) return renderSecondFactorPage(c, fieldError("password", "That is not your password."));
  await clearLoginFailures(c, email);
  await startSession(c, reply.headers);
  const audit: AuditEntry = {
    actor: toActor(c),
    at: c.get("now"),
    action: "operator.disable_second_factor",
    target: email,
  };
  await writeAuditEntry(c.env.DB, audit);
  return redirectWith(c, "/account", "The second factor is off.");
}

const fieldError = (name: string, error: string) => ({
  form: { values: {}, errors: { [name]: error } },
  status: 422 as const,
});

const maxUriLength = 500;

/**
 * Returns the secret of an `otpauth:` URI. Returns an empty string for other text and for URIs longer than
 * any authenticator accepts.
 */
function parseSecret(uri: string): string {
  if (uri.length > maxUriLength) return "";
  return /^otpauth:.*[?&]secret=([A-Z2-7]+)/.exec(uri)?.[1] ?? "";
}
