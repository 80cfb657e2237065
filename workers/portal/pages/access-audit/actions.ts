import {
  continueImport,
  importFindings,
  resumeAccessAudit,
  saveAuditSettings,
  startAccessAudit,
  stopAccessAudit,
  uploadMapping,
} from "../../../../shared/contract/operations/access-audits.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { formatCustomers } from "../../components/labels/bulk.ts";
import { formatCount } from "../../components/labels/common.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { readAuditPage } from "../../db/access-audits.ts";
import { callOperation, parseForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, type Form, getData, getScope, type PortalContext } from "../../request-context.ts";
import { renderAccessAudits } from "./page.tsx";

const auditOf = (c: PortalContext) => c.req.param("audit") ?? "";
const pathOf = (c: PortalContext, auditId: string) => buildPath(c, `/access-audit/${auditId}`);

export async function startAudit(c: PortalContext) {
  const auditId = readField(await readForm(c), "audit_id");
  const reply = await callOperation(c, startAccessAudit, { auditId });
  return reply.outcome === "refused" ? renderRefusalPage(c, reply) : c.redirect(pathOf(c, auditId), 303);
}

export async function stopAudit(c: PortalContext) {
  const reply = await callOperation(c, stopAccessAudit, { auditId: auditOf(c) });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, pathOf(c, auditOf(c)), "Stopped. Finished work stays done.");
}

export async function resumeAudit(c: PortalContext) {
  const reply = await callOperation(c, resumeAccessAudit, { auditId: auditOf(c) });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return c.redirect(pathOf(c, auditOf(c)), 303);
}

const findingOf = (form: Form): string | null => readField(form, "finding_id") || null;

const countPurchases = (count: number): string =>
  `${formatCount(count)} ${count === 1 ? "purchase" : "purchases"}`;

export async function confirmImport(c: PortalContext, form: Form): Promise<Confirmation | null> {
  const auditId = auditOf(c);
  const page = await readAuditPage(getData(c), getScope(c), auditId, { found: null, after: "", limit: 1 });
  if (page === null) return null;
  const { ready, failed, unlistedFailed } = page.imports;
  const count = findingOf(form) === null ? ready + failed - unlistedFailed : 1;
  const purchases = countPurchases(count);
  return {
    title: `Import ${purchases} from Stripe?`,
    text: `Licenzy reads each purchase from Stripe again and adds it to its customer's ledger, with refunds and disputes. Access then follows Stripe. An import of many holds after the first 20. Imported purchases can be revoked, not removed.`,
    button: `Import ${purchases}`,
    back: pathOf(c, auditId),
  };
}

export async function importAll(c: PortalContext) {
  const input = { auditId: auditOf(c), findingId: findingOf(await readForm(c)) };
  const reply = await callOperation(c, importFindings, input);
  return reply.outcome === "refused" ? renderRefusalPage(c, reply) : c.redirect(pathOf(c, auditOf(c)), 303);
}

export async function confirmContinuing(c: PortalContext): Promise<Confirmation | null> {
  const auditId = auditOf(c);
  const page = await readAuditPage(getData(c), getScope(c), auditId, { found: null, after: "", limit: 1 });
  if (page === null) return null;
  const { waiting } = page.imports;
  return {
    title: waiting === 1 ? "Import the other purchase?" : `Import the other ${countPurchases(waiting)}?`,
    text: "Licenzy continues without another pause. You can stop it at any time.",
    button: `Import ${countPurchases(waiting)}`,
    back: pathOf(c, auditId),
  };
}

export async function continueAudit(c: PortalContext) {
  const reply = await callOperation(c, continueImport, { auditId: auditOf(c) });
  return reply.outcome === "refused" ? renderRefusalPage(c, reply) : c.redirect(pathOf(c, auditOf(c)), 303);
}

export async function saveSettings(c: PortalContext) {
  const form = await readForm(c);
  const hour = readField(form, "daily_hour");
  const parsed = parseForm(saveAuditSettings.input, {
    source: form["source"],
    metadataKey: readField(form, "metadata_key") || null,
    dailyHour: hour === "" ? null : parseWholeNumber(hour),
  });
  if (parsed.outcome === "invalid")
    return renderAccessAudits(c, { settings: { values: form, errors: parsed.errors } }, 422);
  const reply = await callOperation(c, saveAuditSettings, parsed.input);
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, "/access-audit"), "Audit settings saved.");
}

export async function uploadCsv(c: PortalContext) {
  const reply = await callOperation(c, uploadMapping, { csv: (await readForm(c))["csv"] ?? "" });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  if (reply.outcome === "problems") return renderAccessAudits(c, { mapping: reply }, 422);
  const text = `${formatCustomers(reply.customers)} mapped. Run the audit to use them.`;
  return redirectWith(c, buildPath(c, "/access-audit"), text);
}
