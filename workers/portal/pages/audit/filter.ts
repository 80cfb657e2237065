import { auditActions } from "../../../../shared/contract/operations/table.ts";
import type { AuditFilter } from "../../db/audit.ts";
import { type FilterFields, readFilterQuery } from "../../http/query.ts";
import { readFormZone } from "../../http/zone-cookie.ts";
import type { PortalContext } from "../../request-context.ts";
import { parseDay, parseEndOfDay } from "../../time/parse-time.ts";

type FilterName = "action" | "who" | "project" | "from" | "to" | "zone";

/** `before` is the cursor of the next page, `zone` the time zone of the days. */
const names = ["action", "who", "project", "from", "to", "zone", "before"] as const satisfies (
  | FilterName
  | "before"
)[];

/**
 * The filter of the audit log and its values for the form; or, when one of them is not understood, the errors by field.
 * A filter is never used in part, because the export would contain more than was meant.
 */
export type ParsedAuditFilter = FilterFields<FilterName | "before"> &
  ({ outcome: "parsed"; filter: AuditFilter } | { outcome: "invalid" });

/** Parses the filter in the query string. Days are days of the form's time zone, and the last one is included. */
export function parseAuditFilter(c: PortalContext): ParsedAuditFilter {
  const { values, errors } = readFilterQuery(c, names);
  const { accountId, projects } = c.get("member");
  const filter: AuditFilter = { accountId };
  const { action, who, project, from, to, before } = values;
  const zone = readFormZone(c, values.zone);
  if (values.zone !== undefined && values.zone !== zone) errors[""] ??= "Unknown time zone.";
  if (action !== undefined) {
    filter.action = action;
    if (!auditActions.some((known) => known === action)) errors.action ??= "Choose an action from the list.";
  }
  if (who !== undefined) filter.operatorEmail = who.toLowerCase();
  if (project !== undefined) {
    filter.projectId = project;
    if (!projects.some(({ projectId }) => projectId === project))
      errors.project ??= "Choose a project from the list.";
  }
  for (const [name, day] of Object.entries({ from, to })) {
    if (day === undefined) continue;
    const at = name === "from" ? parseDay(day, zone) : parseEndOfDay(day, zone);
    if (at === null) errors[name as "from" | "to"] ??= "Enter a day, such as 2026-11-24.";
    else if (name === "from") filter.from = at;
    else filter.to = at - 1;
  }
  if (before !== undefined) filter.before = before;
  return Object.keys(errors).length === 0
    ? { outcome: "parsed", filter, values, errors }
    : { outcome: "invalid", values, errors };
}
