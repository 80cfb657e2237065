import type { PortalClient } from "../../../dev/seed/portal-client.ts";

/**
 * Returns the id of the newest audit entry that the operator can see. Reading the log as a file is an entry
 * too, and does not count.
 */
export async function newestAuditId(portal: PortalClient): Promise<string> {
  const { html } = await portal.get("/audit/export");
  const line = html
    .split("\r\n")
    .slice(1)
    .find((each) => !each.includes('"audit_log.export"'));
  return line?.split(",")[0] ?? "";
}
