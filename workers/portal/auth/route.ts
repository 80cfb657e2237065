import type { Role } from "../../../shared/contract/roles.ts";
import type { PortalContext } from "../request-context.ts";

/** Who may use a route, as the one table in `routes.ts` says for each. */
export type Needs =
  /** Everybody. */
  | "nobody"
  /** Whoever has a session, also one whose sign-in is not finished. */
  | "session"
  /** Members of this role or a higher one. */
  | Role;

export interface Route {
  method: "GET" | "POST";
  path: string;
  needs: Needs;
  /** Asks for password or code when the last proof is older than 30 minutes: always, or in live mode. */
  proof?: "always" | "live";
  handler: (c: PortalContext) => Response | Promise<Response>;
}
