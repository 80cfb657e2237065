import { type AuditEntry, writeAudit } from "../../../../shared/db/audit.ts";
import { d1 } from "../../../../shared/db/deadline.ts";
import { endSessions, readPasswordHash, replacePassword } from "../../../../shared/db/session.ts";
import { hashPassword, isPassword, passwordFault } from "../../auth/password.ts";
import { beginSession } from "../../auth/session-cookie.ts";
import { signInService } from "../../auth/sign-in-service.ts";
import { guessedRight, mayGuess, triedTooOften } from "../../auth/throttle.ts";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { actorOf, originOf, type PortalContext } from "../../request-context.ts";
import { codeFault } from "../sign-in/actions.ts";
import { accountPage, secondFactorPage } from "./page.tsx";

export const showAccount = (c: PortalContext) => accountPage(c);

export async function changePassword(c: PortalContext) {
  const form = await readForm(c);
  const { operatorId, token, email } = c.get("member");
  const refuse = (faults: Record<string, string>) => accountPage(c, { values: {}, faults }, 422);
  if (!(await mayGuess(c, email))) return refuse({ current: triedTooOften });
  const hash = await d1(readPasswordHash(c.env.DB, operatorId));
  if (hash === null || !(await isPassword(form["current"] ?? "", hash)))
    return refuse({ current: "That is not your present password." });
  await guessedRight(c, email);
  const fault = passwordFault(form["password"] ?? "");
  if (fault !== null) return refuse({ password: fault });
  const newHash = await hashPassword(form["password"] ?? "");
  const audit: AuditEntry = {
    actor: actorOf(c),
    at: c.get("now"),
    action: "operator.change_password",
    target: email,
  };
  await d1(replacePassword(c.env.DB, { operatorId, token }, newHash, audit));
  return redirectWith(c, "/account", "Your password is changed, and you are signed out everywhere else.");
}

export async function endSession(c: PortalContext) {
  const { session = "" } = await readForm(c);
  const { operatorId, token, email } = c.get("member");
  const which = session === "others" ? { keepToken: token } : { sessionId: session };
  const audit: AuditEntry = {
    actor: actorOf(c),
    at: c.get("now"),
    action: "operator.end_session",
    target: email,
  };
  const ended = await d1(endSessions(c.env.DB, operatorId, which, audit));
  return ended === 0
    ? redirectWith(c, "/account", "That session had ended already.", "bad")
    : redirectWith(
        c,
        "/account",
        ended === 1 ? "One session was signed out." : `${ended} sessions were signed out.`,
      );
}

export const showSecondFactor = (c: PortalContext) => secondFactorPage(c);

/** Makes a secret that counts only once a code from it was entered. */
export async function enableSecondFactor(c: PortalContext) {
  const { password = "" } = await readForm(c);
  const { hasPassword, email } = c.get("member");
  if (!(await mayGuess(c, email))) return secondFactorPage(c, faulty("password", triedTooOften));
  const { api } = signInService(c.env, originOf(c));
  const body = hasPassword ? { password } : {};
  const reply = await api.enableTwoFactor({ body, headers: c.req.raw.headers, asResponse: true });
  if (!reply.ok) return secondFactorPage(c, faulty("password", "That is not your password."));
  await guessedRight(c, email);
  const { totpURI, backupCodes } = (await reply.json()) as { totpURI: string; backupCodes: string[] };
  return secondFactorPage(c, { enrolment: { secret: secretOf(totpURI), uri: totpURI, backupCodes } });
}

export async function confirmSecondFactor(c: PortalContext) {
  const form = await readForm(c);
  const { email } = c.get("member");
  const { api } = signInService(c.env, originOf(c));
  const code = field(form, "code").replaceAll(" ", "");
  const reply = await api.verifyTOTP({ body: { code }, headers: c.req.raw.headers, asResponse: true });
  if (!reply.ok) {
    const uri = form["uri"] ?? "";
    const enrolment = { secret: secretOf(uri), uri, backupCodes: (form["backup_codes"] ?? "").split(" ") };
    return secondFactorPage(c, { ...faulty("code", await codeFault(reply)), enrolment });
  }
  // better-auth has ended this session and begun another.
  await beginSession(c, reply.headers);
  const audit: AuditEntry = {
    actor: actorOf(c),
    at: c.get("now"),
    action: "operator.enable_second_factor",
    target: email,
  };
  await d1(writeAudit(c.env.DB, audit));
  return redirectWith(c, "/account", "The second factor is on.");
}

export async function disableSecondFactor(c: PortalContext) {
  const { password = "" } = await readForm(c);
  const { email, hasPassword } = c.get("member");
  if (!hasPassword) return redirectWith(c, "/account", "Who has no password needs the second factor.", "bad");
  if (!(await mayGuess(c, email))) return secondFactorPage(c, faulty("password", triedTooOften));
  const { api } = signInService(c.env, originOf(c));
  const reply = await api.disableTwoFactor({
    body: { password },
    headers: c.req.raw.headers,
    asResponse: true,
  });
  if (!reply.ok) return secondFactorPage(c, faulty("password", "That is not your password."));
  await guessedRight(c, email);
  await beginSession(c, reply.headers);
  const audit: AuditEntry = {
    actor: actorOf(c),
    at: c.get("now"),
    action: "operator.disable_second_factor",
    target: email,
  };
  await d1(writeAudit(c.env.DB, audit));
  return redirectWith(c, "/account", "The second factor is off.");
}

const faulty = (name: string, fault: string) => ({
  form: { values: {}, faults: { [name]: fault } },
  status: 422 as const,
});

const longestUri = 500;

/** The secret in an `otpauth:` address; empty for anything else, and for one that no authenticator would take. */
function secretOf(uri: string): string {
  if (uri.length > longestUri) return "";
  return /^otpauth:.*[?&]secret=([A-Z2-7]+)/.exec(uri)?.[1] ?? "";
}
