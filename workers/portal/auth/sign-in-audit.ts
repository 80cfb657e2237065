import type { AuditAction } from "../../../shared/contract/operations/table.ts";
import type { AuditEntry } from "../../../shared/db/audit.ts";
import { getIpAddress, type PortalContext } from "../request-context.ts";

/** An operator, also one who belongs to no account. A session is one. */
export interface Identity {
  operatorId: string;
  name: string;
  email: string;
  accountId: string | null;
}

/**
 * Builds the entry of an event of the operator's own sign-in. Returns `null` for an operator who belongs to
 * no account: an audit log belongs to one.
 */
export function buildSignInEntry(
  c: PortalContext,
  { operatorId, name, email, accountId }: Identity,
  action: AuditAction,
  after?: Record<string, unknown>,
): AuditEntry | null {
  if (accountId === null) return null;
  const actor = { accountId, operatorId, name, email, ipAddress: getIpAddress(c) };
  return { actor, at: c.get("now"), action, target: email, ...(after === undefined ? {} : { after }) };
}
