import { writeAuditEntry } from "../../../../shared/db/audit.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { type AuditRow, listAuditEntries } from "../../db/audit.ts";
import { type PortalContext, toActor } from "../../request-context.ts";
import { parseAuditFilter } from "./filter.ts";

const rowsPerRead = 1_000;

const columns = [
  "auditId",
  "at",
  "operatorName",
  "operatorEmail",
  "ipAddress",
  "action",
  "target",
  "projectId",
  "mode",
  "before",
  "after",
] as const satisfies (keyof AuditRow)[];

/**
 * Streams the filtered log as CSV, newest first, so that its length is not limited. The export itself is
 * recorded before the first row is sent.
 */
export async function exportAudit(c: PortalContext) {
  const parsed = parseAuditFilter(c);
  if (parsed.outcome === "invalid")
    return renderErrorPage(
      c,
      422,
      "Invalid filter",
      `Nothing was exported. ${Object.values(parsed.errors).join(" ")}`,
    );
  const { filter, values } = parsed;
  const chosen = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
  const entry = { actor: toActor(c), at: c.get("now"), action: "audit_log.export" as const };
  await writeAuditEntry(c.env.DB, { ...entry, target: c.get("member").accountName, after: chosen });
  const encoder = new TextEncoder();
  let before = filter.before;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(toCsvLine(columns.map(snakeCase)))),
    async pull(controller) {
      const page = before === undefined ? filter : { ...filter, before };
      const rows = await listAuditEntries(c.env.DB, page, rowsPerRead);
      for (const row of rows)
        controller.enqueue(encoder.encode(toCsvLine(columns.map((name) => toCell(row, name)))));
      before = rows.at(-1)?.auditId;
      if (rows.length < rowsPerRead) controller.close();
    },
  });
  return c.body(body, 200, {
    "Content-Type": "text/csv; charset=utf-8",
    "Content-Disposition": 'attachment; filename="licenzy-audit.csv"',
  });
}

function toCell(row: AuditRow, name: (typeof columns)[number]): string {
  const value = row[name];
  return name === "at" ? new Date(row.at).toISOString() : String(value ?? "");
}

/**
 * Quotes the cells of a CSV line. A leading apostrophe keeps spreadsheets from reading a cell as a formula.
 */
function toCsvLine(cells: string[]): string {
  return `${cells.map((cell) => `"${cell.replace(/^(?=[=+\-@\t\r])/, "'").replaceAll('"', '""')}"`).join(",")}\r\n`;
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
