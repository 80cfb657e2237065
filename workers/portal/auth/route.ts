import type { Operation } from "../../../shared/contract/operations/operation.ts";
import type { Role } from "../../../shared/contract/roles.ts";
import { listUpload, mappingUpload } from "../http/uploads.ts";
import type { PortalContext, Upload } from "../request-context.ts";
import type { Confirm } from "./confirm-first.tsx";

/** The access that a route requires. */
export type RouteAccess =
  /** Anyone. */
  | "public"
  /** Operators with a session, even when sign-in is not complete. */
  | "session"
  /** Members with this role or a higher one. */
  | Role;

export interface Route {
  method: "GET" | "POST";
  path: string;
  access: RouteAccess;
  /** When the operator must have entered a password or code within the last 30 minutes. */
  recentAuth: Operation["recentAuth"];
  /** Whether the route checks a password, a code or the setup token (auth/check-credential.ts). */
  checksCredential: boolean;
  /** What its form may carry in a file, and so be large. */
  upload?: Upload;
  /** The operation that the route's form runs or leads to. */
  operation?: Operation;
  /** What the operator confirms before the handler runs. */
  confirm?: Confirm;
  handler: Handler;
}

type Handler = (c: PortalContext) => Response | Promise<Response>;

/** Path prefix of the pages that belong to one project and mode. */
export const projectRoot = "/p/:project/:mode";

/** A route that needs no session. */
export const publicRoute = (method: Route["method"], path: string, handler: Handler): Route => ({
  method,
  path,
  access: "public",
  recentAuth: "never",
  checksCredential: false,
  handler,
});

/** A page for members with this role or a higher one. `session` also admits unfinished sign-ins. */
export const pageRoute = (path: string, needs: "session" | Role, handler: Handler): Route => ({
  method: "GET",
  path,
  access: needs,
  recentAuth: "never",
  checksCredential: false,
  handler,
});

/**
 * A page with the form of an operation. Sending the form requires recent authentication; showing it does
 * not.
 */
export const formRoute = (path: string, operation: Operation, handler: Handler): Route => ({
  ...pageRoute(path, operation.role, handler),
  operation,
});

/** The target of a form. Requires the role and recent authentication of the operation. */
export const actionRoute = (path: string, operation: Operation, handler: Handler): Route => ({
  method: "POST",
  path,
  access: operation.role,
  recentAuth: operation.recentAuth,
  checksCredential: false,
  operation,
  handler,
});

/** Declares that the route checks a password, code or setup token. On any other route such a check throws. */
export const credentialRoute = (route: Route): Route => ({ ...route, checksCredential: true });

/** Shows a confirmation first. Only a form that was sent from there reaches the handler. */
export const confirmedRoute = (route: Route, confirm: Confirm): Route => ({ ...route, confirm });

/** Lets the form of the route carry a file with a list of customers. */
export const listRoute = (route: Route): Route => ({ ...route, upload: listUpload });

/** Lets the form of the route carry a mapping of Stripe customers, in UTF-8. */
export const mappingRoute = (route: Route): Route => ({ ...route, upload: mappingUpload });
