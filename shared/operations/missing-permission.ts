import type { Mode } from "../contract/enums.ts";
import type { Operation } from "../contract/operations/operation.ts";
import { hasRole, type Role } from "../contract/roles.ts";
import { isAuthenticationRecent } from "../domain/recent-authentication.ts";

/** What an operation, or a route that leads to it, requires of an operator. */
export type Requirements = Pick<Operation, "role" | "recentAuth">;

interface Holder {
  role: Role;
  /** When a password or code was last entered. */
  provenAt: Date | null;
}

/**
 * Returns what the operator lacks: the role, else a recent authentication, else `null`. `mode` is undefined outside
 * a project. The portal decides by it before it shows a page, a worker before it executes.
 */
export function findMissingPermission(
  { role, provenAt }: Holder,
  required: Requirements,
  mode: Mode | undefined,
  now: number,
): "role" | "recent_authentication" | null {
  if (!hasRole(role, required.role)) return "role";
  const isRequired = required.recentAuth === "always" || (required.recentAuth === "live" && mode === "live");
  if (isRequired && !isAuthenticationRecent(provenAt?.getTime() ?? null, now)) return "recent_authentication";
  return null;
}
