import type { Operation } from "../../../shared/contract/operations/operation.ts";
import type { Role } from "../../../shared/contract/roles.ts";
import type { PortalContext } from "../request-context.ts";

/** Who may use a route. */
export type Needs =
  /** Everyone. */
  | "nobody"
  /** Everyone with a session, also while its sign-in is unfinished. */
  | "session"
  /** Members with this role or a higher one. */
  | Role;

export interface Route {
  method: "GET" | "POST";
  path: string;
  needs: Needs;
  /** When the operator must have entered a password or code within the last 30 minutes. */
  recentAuth: Operation["recentAuth"];
  /** The operation that the route's form runs or leads to. */
  operation?: Operation;
  handler: Handler;
}

type Handler = (c: PortalContext) => Response | Promise<Response>;

/** The path below which everything belongs to one project and mode. */
export const projectRoot = "/p/:project/:mode";

/** A route for people who are not signed in. */
export const publicRoute = (method: Route["method"], path: string, handler: Handler): Route => ({
  method,
  path,
  needs: "nobody",
  recentAuth: "never",
  handler,
});

/** A page, for members with this role or a higher one; `session` for unfinished sign-ins too. */
export const page = (path: string, needs: "session" | Role, handler: Handler): Route => ({
  method: "GET",
  path,
  needs,
  recentAuth: "never",
  handler,
});

/** A page with the form of an operation. Recent authentication is required when the form is sent. */
export const form = (path: string, operation: Operation, handler: Handler): Route => ({
  ...page(path, operation.role, handler),
  operation,
});

/** A form's target: it requires what the operation requires. */
export const action = (path: string, operation: Operation, handler: Handler): Route => ({
  method: "POST",
  path,
  needs: operation.role,
  recentAuth: operation.recentAuth,
  operation,
  handler,
});
