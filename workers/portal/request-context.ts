import type { Context } from "hono";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import type { Role } from "../../shared/contract/roles.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import type { Mode } from "../../shared/contract/words.ts";
import type { Actor } from "../../shared/db/audit.ts";
import type { OperatorSession, ProjectOfSession } from "../../shared/db/session.ts";
import type { PortalEnv } from "./env.ts";

/** A session whose sign-in is finished and whose operator belongs to an account. */
export type Member = OperatorSession & { role: Role; accountId: string; accountName: string };

export interface PortalHono {
  Bindings: PortalEnv;
  Variables: {
    requestId: string;
    /** The stack's clock, in milliseconds: what rows are stamped with. */
    now: number;
    /** Set on every route but the open ones. */
    session: OperatorSession;
    /** Set on routes that need a role. */
    member: Member;
    /** Set on routes below /p/:project/:mode. */
    project: ProjectOfSession;
    mode: Mode;
    /** The form, once it was read: by the guard, to carry it through signing in, or by the action. */
    form: Form;
    /** Handles a request as if it had just come in. */
    redispatch: (request: Request) => Promise<Response>;
  };
}

export type PortalContext = Context<PortalHono>;

/** Fields of a form by name; a field that is sent twice keeps its last value. */
export type Form = Readonly<Record<string, string>>;

/** What the runtime is told of who asks: it finds out the rest by itself. */
export function callerOf(c: PortalContext): OperatorCaller {
  return { sessionToken: c.get("session").token, ipAddress: addressOf(c) };
}

export function actorOf(c: PortalContext): Actor {
  const { accountId, operatorId, name, email } = c.get("member");
  return { accountId, operatorId, name, email, ipAddress: addressOf(c) };
}

/** Where the request came from, as Cloudflare says; `null` elsewhere. */
export function addressOf(c: PortalContext): string | null {
  return c.req.header("CF-Connecting-IP") ?? null;
}

export function scopeOf(c: PortalContext): Scope {
  return { projectId: c.get("project").projectId, mode: c.get("mode") };
}

/** The path of a page of the present project and mode. */
export function pathTo(c: PortalContext, page = ""): string {
  const { projectId, mode } = scopeOf(c);
  return projectPath(projectId, mode, page);
}

export function projectPath(projectId: string, mode: Mode, page = ""): string {
  return `/p/${projectId}/${mode}${page}`;
}

/** The path of a customer's page, or of a page below it. */
export function customerPath(c: PortalContext, subjectRef: string, page = ""): string {
  return pathTo(c, `/customers/${encodeURIComponent(subjectRef)}${page}`);
}

export function originOf(c: PortalContext): string {
  return new URL(c.req.url).origin;
}
