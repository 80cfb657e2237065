import { getSignedCookie } from "hono/cookie";

import { type OperatorSession, readSession } from "../../../shared/db/session.ts";
import { markReauthenticated } from "../db/sessions.ts";
import { getOrigin, type PortalContext } from "../request-context.ts";
import { createSignInService } from "./sign-in-service.ts";

/**
 * Returns the session of the request's cookie, or `null`. The cookie's signature is checked before D1 is
 * read.
 *
 * The role and projects of the session are read from D1 for every request.
 */
export async function getSession(c: PortalContext): Promise<OperatorSession | null> {
  const { authCookies } = await createSignInService(c.env, getOrigin(c)).$context;
  const token = await getSignedCookie(c, c.env.SIGN_IN_SECRET, authCookies.sessionToken.name);
  return typeof token === "string" ? readSession(c.env.DB, token, Date.now()) : null;
}

/** Copies the cookies that better-auth set to the portal's response. */
export function copyCookies(c: PortalContext, from: Headers): void {
  for (const cookie of cookiesIn(from)) c.header("Set-Cookie", cookie, { append: true });
}

/** The Workers types do not include this method yet. */
function cookiesIn(headers: Headers): string[] {
  return (headers as Headers & { getSetCookie(): string[] }).getSetCookie();
}

/**
 * Starts the session that better-auth created and marks it as recently authenticated. The operator has just
 * entered a password, and a code where there is a second factor.
 */
export async function startSession(c: PortalContext, from: Headers): Promise<void> {
  copyCookies(c, from);
  const { authCookies } = await createSignInService(c.env, getOrigin(c)).$context;
  const prefix = `${authCookies.sessionToken.name}=`;
  const cookie = cookiesIn(from).findLast((candidate) => candidate.startsWith(prefix));
  // The cookie's value is the token, a dot, and the signature.
  const [token] = decodeURIComponent(cookie?.slice(prefix.length) ?? "").split(".");
  if (token === undefined || token === "") throw new Error("better-auth began no session");
  await markReauthenticated(c.env.DB, token, Date.now());
}
