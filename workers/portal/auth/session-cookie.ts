import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { modes } from "../../../shared/contract/enums.ts";
import { findDataOf } from "../../../shared/db/databases.ts";
import { type OperatorSession, readSession } from "../../../shared/db/session.ts";
import { getOrigin, type PortalContext } from "../request-context.ts";
import { createSignInService } from "./sign-in-service.ts";

async function readCookieSettings(c: PortalContext) {
  return (await createSignInService(c.env, getOrigin(c)).$context).authCookies.sessionToken;
}

/**
 * Returns the session of the request's cookie, or `null`. The cookie's signature is checked before D1 is
 * read.
 *
 * The role and projects of the session are read from D1 for every request.
 */
export async function getSession(c: PortalContext): Promise<OperatorSession | null> {
  const { name } = await readCookieSettings(c);
  const token = await getSignedCookie(c, c.env.SIGN_IN_SECRET, name);
  return typeof token === "string" ? readSession(c.env.DB, token, Date.now(), findInbox(c)) : null;
}

/** Returns the project and mode of the URL, of which the navigation counts the open alerts. */
function findInbox(c: PortalContext) {
  const [projectId, word] = [c.req.param("project"), c.req.param("mode")];
  const mode = modes.find((known) => known === word);
  if (projectId === undefined || mode === undefined) return null;
  // The guard answers for what is no project of the operator.
  const data = findDataOf(c.env, { projectId });
  return data === null ? null : { data, scope: { projectId, mode }, now: c.get("now") };
}

/** Sets the session's cookie, in the form that better-auth reads. */
export async function setSessionCookie(c: PortalContext, token: string): Promise<void> {
  const { name, attributes } = await readCookieSettings(c);
  const { secure = false, maxAge = 0 } = attributes;
  const options = { path: "/", httpOnly: true, sameSite: "Lax", secure, maxAge } as const;
  await setSignedCookie(c, name, token, c.env.SIGN_IN_SECRET, options);
}

export async function deleteSessionCookie(c: PortalContext): Promise<void> {
  const { name, attributes } = await readCookieSettings(c);
  deleteCookie(c, name, { path: "/", secure: attributes.secure ?? false });
}

/** Copies the cookies that better-auth set to the portal's response. */
export function copyCookies(c: PortalContext, from: Headers): void {
  // The Workers types do not include this method yet.
  const cookies = (from as Headers & { getSetCookie(): string[] }).getSetCookie();
  for (const cookie of cookies) c.header("Set-Cookie", cookie, { append: true });
}
