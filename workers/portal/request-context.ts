import type { Context } from "hono";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import type { Role } from "../../shared/contract/roles.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import type { Mode } from "../../shared/contract/words.ts";
import type { Actor } from "../../shared/db/audit.ts";
import type { OperatorSession, ProjectOfSession } from "../../shared/db/session.ts";
import type { PortalEnv } from "./env.ts";

/** A session with complete sign-in and an operator who belongs to an account. */
export type Member = OperatorSession & { role: Role; accountId: string; accountName: string };

export interface PortalHono {
  Bindings: PortalEnv;
  Variables: {
    requestId: string;
    /** The time by the stack's clock in milliseconds since 1970. Rows are stamped with it. */
    now: number;
    /** Set on every route that is not public. */
    session: OperatorSession;
    /** Set on routes that require a role. */
    member: Member;
    /** Set on routes below /p/:project/:mode. */
    project: ProjectOfSession;
    mode: Mode;
    /** The form, once the guard or the action has read it. The guard carries it through sign-in. */
    form: Form;
    /** Handles another request in the same way as an incoming one. */
    redispatch: (request: Request) => Promise<Response>;
  };
}

export type PortalContext = Context<PortalHono>;

/** Fields of a form by name. The last value wins when a field is sent twice. */
export type Form = Readonly<Record<string, string>>;

/** Returns the caller of an operation. The worker resolves the operator from the session token. */
export function callerOf(c: PortalContext): OperatorCaller {
  return { sessionToken: c.get("session").token, ipAddress: addressOf(c) };
}

export function actorOf(c: PortalContext): Actor {
  const { accountId, operatorId, name, email } = c.get("member");
  return { accountId, operatorId, name, email, ipAddress: addressOf(c) };
}

/** Returns the IP address that Cloudflare reports, or `null` outside Cloudflare. */
export function addressOf(c: PortalContext): string | null {
  return c.req.header("CF-Connecting-IP") ?? null;
}

export function scopeOf(c: PortalContext): Scope {
  return { projectId: c.get("project").projectId, mode: c.get("mode") };
}

/** Returns the path of a page in the current project and mode. */
export function pathTo(c: PortalContext, page = ""): string {
  const { projectId, mode } = scopeOf(c);
  return projectPath(projectId, mode, page);
}

export function projectPath(projectId: string, mode: Mode, page = ""): string {
  return `/p/${projectId}/${mode}${page}`;
}

/** Returns the path of a customer's page, or of a page below it. */
export function customerPath(c: PortalContext, subjectRef: string, page = ""): string {
  return pathTo(c, `/customers/${encodeURIComponent(subjectRef)}${page}`);
}

export function originOf(c: PortalContext): string {
  return new URL(c.req.url).origin;
}
