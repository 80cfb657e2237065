import { dayMs } from "../../../../shared/domain/entitlement.ts";
import type { AuditFilter } from "../../db/audit.ts";
import type { PortalContext } from "../../request-context.ts";

/** Parses the filter in the query string. Days are UTC days, and the last day is included. */
export function parseAuditFilter(c: PortalContext): { filter: AuditFilter; values: Record<string, string> } {
  const { action = "", who: typed = "", project = "", from = "", to = "" } = c.req.query();
  const who = typed.trim().toLowerCase();
  const [start, end] = [Date.parse(`${from}T00:00:00Z`), Date.parse(`${to}T00:00:00Z`)];
  const filter: AuditFilter = {
    accountId: c.get("member").accountId,
    ...(action === "" ? {} : { action }),
    ...(who === "" ? {} : { operatorEmail: who }),
    ...(project === "" ? {} : { projectId: project }),
    ...(Number.isNaN(start) ? {} : { from: start }),
    ...(Number.isNaN(end) ? {} : { to: end + dayMs - 1 }),
  };
  return { filter, values: { action, who, project, from, to } };
}
