import { readSession } from "../../../shared/db/session.ts";
import { completeSignIn } from "../db/sessions.ts";
import { getIpAddress, getOrigin, type PortalContext } from "../request-context.ts";
import { rememberBrowser } from "./known-browser.ts";
import type { CodeKind } from "./second-factor.ts";
import { setSessionCookie } from "./session-cookie.ts";
import { buildSignInEntry } from "./sign-in-audit.ts";
import { createSignInService } from "./sign-in-service.ts";

/** How an operator signed in. The audit log has it. */
type SignInMethod = FirstFactor | `${FirstFactor} and ${CodeKind}`;
type FirstFactor = "new password" | "password" | "provider";

/** More than any browser sends. The header itself has only the platform's limit. */
const maxUserAgentLength = 512;

/** Begins a session after a complete sign-in. */
export async function startSession(
  c: PortalContext,
  operatorId: string,
  method: SignInMethod,
): Promise<void> {
  const { internalAdapter } = await createSignInService(c.env, getOrigin(c)).$context;
  const { token } = await internalAdapter.createSession(operatorId, false, {
    ipAddress: getIpAddress(c) ?? "",
    userAgent: (c.req.header("User-Agent") ?? "").slice(0, maxUserAgentLength),
  });
  await setSessionCookie(c, token);
  await finishSession(c, token, method);
}

/**
 * Completes the sign-in of a session that better-auth has begun: the session opens the portal, the audit log
 * has the sign-in, and only now the browser is remembered. A crash before leaves a session that leads to
 * `/second-factor` only. So does a second factor that was turned on since the password was checked.
 */
export async function finishSession(
  c: PortalContext,
  token: string,
  method: SignInMethod,
  provenAt = Date.now(),
): Promise<void> {
  const session = await readSession(c.env.DB, token, Date.now());
  if (session === null) throw new Error("The session that was just begun does not exist");
  const audit = buildSignInEntry(c, session, "operator.sign_in", { method });
  const withCode = method.endsWith("code");
  if (await completeSignIn(c.env.DB, token, { provenAt, withCode }, audit))
    await rememberBrowser(c, session.email);
}
