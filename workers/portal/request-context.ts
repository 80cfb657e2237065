import type { Context } from "hono";
import type { Mode } from "../../shared/contract/enums.ts";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import type { Role } from "../../shared/contract/roles.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import type { Actor } from "../../shared/db/audit.ts";
import { type Databases, databasesOf, dataOf } from "../../shared/db/databases.ts";
import type { OperatorSession, SessionProject } from "../../shared/db/session.ts";
import type { PortalEnv } from "./env.ts";

/** A session with complete sign-in and an operator who belongs to an account. */
export type Member = OperatorSession & { role: Role; accountId: string; accountName: string };

/** What the form of a route may carry in a file. */
export interface Upload {
  /** Of the whole form. */
  maxBytes: number;
  decode(bytes: Uint8Array): string;
}

export interface PortalHono {
  Bindings: PortalEnv;
  Variables: {
    requestId: string;
    /** The time by the stack's clock in milliseconds since 1970. Rows are stamped with it. */
    now: number;
    /** The route that matched. */
    route: { method: string; path: string; checksCredential: boolean; upload?: Upload };
    /** Set on every route that is not public. */
    session: OperatorSession;
    /** Set on routes that require a role. */
    member: Member;
    /** Set on routes below /p/:project/:mode. */
    project: SessionProject;
    mode: Mode;
    /** The form, once the guard or the action has read it. The guard carries it through sign-in. */
    form: Form;
    /** Handles another request in the same way as an incoming one. */
    redispatch: (request: Request) => Promise<Response>;
  };
}

export type PortalContext = Context<PortalHono>;

/** Fields of a form by name. Each is sent once. */
export type Form = Readonly<Record<string, string>>;

/** Returns the caller of an operation. The worker resolves the operator from the session token. */
export function toOperatorCaller(c: PortalContext): OperatorCaller {
  return { sessionToken: c.get("session").token, ipAddress: getIpAddress(c) };
}

export function toActor(c: PortalContext): Actor {
  const { accountId, operatorId, name, email } = c.get("member");
  return { accountId, operatorId, name, email, ipAddress: getIpAddress(c) };
}

/** Returns the IP address that Cloudflare reports, or `null` outside Cloudflare. */
export function getIpAddress(c: PortalContext): string | null {
  return c.req.header("CF-Connecting-IP") ?? null;
}

export function getScope(c: PortalContext): Scope {
  return { projectId: c.get("project").projectId, mode: c.get("mode") };
}

/** Returns the database that holds the data of the page's project. */
export const getData = (c: PortalContext): D1Database => dataOf(c.env, getScope(c));

export const getDatabases = (c: PortalContext): Databases => databasesOf(c.env, getScope(c));

/** Returns the path of a page in the current project and mode. */
export function buildPath(c: PortalContext, page = ""): string {
  const { projectId, mode } = getScope(c);
  return buildProjectPath(projectId, mode, page);
}

export function buildProjectPath(projectId: string, mode: Mode, page = ""): string {
  return `/p/${projectId}/${mode}${page}`;
}

/** Returns the path of a customer's page, or of a page below it. */
export function buildCustomerPath(c: PortalContext, subjectRef: string, page = ""): string {
  return buildPath(c, `/customers/${encodeURIComponent(subjectRef)}${page}`);
}

export function getOrigin(c: PortalContext): string {
  return new URL(c.req.url).origin;
}
