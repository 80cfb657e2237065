import type { Operation } from "../../../shared/contract/operations/operation.ts";
import { hasRole } from "../../../shared/contract/roles.ts";
import type { PortalContext } from "../request-context.ts";

/** Returns whether the member's role allows the operation: pages show its button or form only then. */
export const mayRun = (c: PortalContext, { role }: Pick<Operation, "role">): boolean =>
  hasRole(c.get("member").role, role);
