import { modes } from "../../../shared/contract/enums.ts";
import type { OperatorSession } from "../../../shared/db/session.ts";
import { findMissingPermission } from "../../../shared/operations/missing-permission.ts";
import { renderErrorPage } from "../components/error-page.tsx";
import { readForm } from "../http/form.ts";
import { renderReauthenticationPage } from "../pages/reauthenticate/page.tsx";
import { renderSignInPage } from "../pages/sign-in/page.tsx";
import type { Member, PortalContext } from "../request-context.ts";
import type { Route } from "./route.ts";
import { getSession } from "./session-cookie.ts";

/**
 * Decides whether a request reaches its route's handler. Returns the error response, or `null` when the
 * request may pass.
 *
 * The order of checks avoids leaking whether a page exists: without a session, every path leads to sign-in.
 */
export async function guard(c: PortalContext, route: Route): Promise<Response | null> {
  if (route.access === "public") return null;
  const session = await getSession(c);
  if (session === null) return requireSignIn(c);
  c.set("session", session);
  if (route.access === "session") return null;

  if (session.provenAt === null) return c.redirect("/second-factor", 303);
  if (
    !session.hasPassword &&
    !session.hasSecondFactor &&
    c.req.path !== "/account" &&
    !c.req.path.startsWith("/account/")
  )
    return c.redirect("/account/second-factor", 303);
  if (!isMember(session)) return renderErrorPage(c, 403, "No account", noAccountMessage(session));
  c.set("member", session);

  const foreign = resolveScope(c);
  if (foreign !== null) return foreign;
  const required = { role: route.access, recentAuth: route.recentAuth };
  switch (findMissingPermission(session, required, c.get("mode"), Date.now())) {
    case "role":
      return renderErrorPage(c, 403, "You don't have permission", roleMessage(route, session));
    case "recent_authentication":
      return renderReauthenticationPage(c, await readPending(c));
    case null:
      return null;
  }
}

function requireSignIn(c: PortalContext): Response | Promise<Response> {
  if (c.req.method === "GET") {
    const { pathname, search } = new URL(c.req.url);
    return c.redirect(
      pathname === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(pathname + search)}`,
      303,
    );
  }
  return readPending(c).then((form) => renderSignInPage(c, { status: 401, pending: form }));
}

/**
 * Returns the request in progress. Sign-in and re-authentication carry it, so that its content is not lost.
 */
async function readPending(c: PortalContext) {
  const { pathname, search } = new URL(c.req.url);
  return {
    method: c.req.method,
    path: pathname + search,
    fields: c.req.method === "POST" ? await readForm(c) : {},
  };
}

export function isMember(session: OperatorSession): session is Member {
  return session.role !== null && session.accountId !== null && session.accountName !== null;
}

/**
 * Resolves the project and mode of a path below /p. Only the account's own projects match; others answer
 * 404.
 */
function resolveScope(c: PortalContext): Response | Promise<Response> | null {
  const projectId = c.req.param("project");
  if (projectId === undefined) return null;
  const project = c.get("session").projects.find((candidate) => candidate.projectId === projectId);
  const mode = modes.find((candidate) => candidate === c.req.param("mode"));
  if (project === undefined || mode === undefined)
    return renderErrorPage(
      c,
      404,
      "Page not found",
      "Check the address. The project may belong to another account.",
    );
  c.set("project", project);
  c.set("mode", mode);
  return null;
}

const noAccountMessage = ({ email }: OperatorSession) =>
  `You are signed in as ${email}, but are a member of no account. An owner can invite you.`;

const roleMessage = ({ access: needs }: Route, { role }: Member) =>
  `This requires the role ${needs} or higher. Your role is ${role}. An owner can change it under Team.`;
