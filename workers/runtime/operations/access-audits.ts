import {
  continueImport,
  importFindings,
  maxMappingLines,
  resumeAccessAudit,
  saveAuditSettings,
  startAccessAudit,
  stopAccessAudit,
  uploadMapping,
} from "../../../shared/contract/operations/access-audits.ts";
import { jobAlreadyStarted } from "../../../shared/contract/operations/jobs.ts";
import { type OperatorReply, type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type AccessAuditRow, readAccessAudit, readAuditSettings } from "../../../shared/db/access-audits.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { parseMapping } from "../../../shared/domain/customer-mapping.ts";
import { replaceMapping, saveSettings } from "../db/access-audit-settings.ts";
import {
  insertAccessAudit,
  listContradictions,
  releaseImport,
  resumeReport,
  startImport,
  stopImport,
  stopReport,
} from "../db/access-audits.ts";
import { readProjectConnection } from "../db/stripe-connections.ts";
import { auditLeaseMs, beginAccessAudit } from "../jobs/run-access-audit.ts";
import { implement } from "./implement.ts";
import { notConnected } from "./refusals.ts";

const unknownAudit: Refusal = refusal("not_found", "Access audit not found in this project and mode.");
const otherAtWork: Refusal = refusal(
  "conflict",
  "Another access audit is at work in this project and mode. Wait until it finishes, or stop it.",
);

export const start = implement(
  startAccessAudit,
  async ({ env, scope, now, audit, waitUntil }, { auditId }) => {
    if ((await readProjectConnection(env.DB, scope.projectId, scope.mode)) === null)
      return notConnected(scope);
    const claim = { now, leaseUntil: now + auditLeaseMs, audit: audit({ target: auditId }) };
    if (await insertAccessAudit(dataOf(env, scope), scope, auditId, claim)) {
      waitUntil(beginAccessAudit(env, { projectId: scope.projectId, jobId: auditId }));
      return { outcome: "done", auditId };
    }
    return (await readAccessAudit(dataOf(env, scope), scope, auditId)) === null
      ? otherAtWork
      : jobAlreadyStarted;
  },
);

export const stop = implement(stopAccessAudit, async ({ env, scope, audit }, { auditId }) => {
  const entry = audit({ target: auditId });
  if (await stopReport(dataOf(env, scope), scope, auditId, entry)) return { outcome: "done" };
  if (await stopImport(dataOf(env, scope), scope, auditId, entry)) return { outcome: "done" };
  return explain(
    dataOf(env, scope),
    scope,
    auditId,
    ["stopped", "held"],
    "This access audit is not at work.",
  );
});

export const resume = implement(
  resumeAccessAudit,
  async ({ env, scope, now, audit, waitUntil }, { auditId }) => {
    const claim = { leaseUntil: now + auditLeaseMs, audit: audit({ target: auditId }) };
    if (!(await resumeReport(dataOf(env, scope), scope, auditId, claim)))
      return explain(dataOf(env, scope), scope, auditId, ["running"], "This access audit is not stopped.");
    waitUntil(beginAccessAudit(env, { projectId: scope.projectId, jobId: auditId }));
    return { outcome: "done" };
  },
);

const shownContradictions = 10;

export const importAll = implement(
  importFindings,
  async ({ env, scope, now, audit, waitUntil }, { auditId, findingId }) => {
    if ((await readAccessAudit(dataOf(env, scope), scope, auditId)) === null) return unknownAudit;
    const twice = await listContradictions(dataOf(env, scope), auditId, shownContradictions);
    if (twice.length > 0) {
      const list = twice.map(({ customerId, subjectRefs }) => `${customerId}: ${subjectRefs.join(", ")}`);
      return refusal(
        "conflict",
        `Two customers are named for one Stripe customer. Correct the mapping, and run the audit again. ${list.join("; ")}`,
      );
    }
    const after = findingId === null ? {} : { findings: 1 };
    const entry = audit({ action: "access_audit.import", target: auditId, after });
    const claim = { leaseUntil: now + auditLeaseMs, audit: entry };
    if (!(await startImport(dataOf(env, scope), scope, { auditId, findingId }, claim)))
      return explain(
        dataOf(env, scope),
        scope,
        auditId,
        ["importing"],
        "Nothing of this access audit can be imported.",
      );
    waitUntil(beginAccessAudit(env, { projectId: scope.projectId, jobId: auditId }));
    return { outcome: "done" };
  },
);

export const continueHeld = implement(
  continueImport,
  async ({ env, scope, now, audit, waitUntil }, { auditId }) => {
    const claim = { leaseUntil: now + auditLeaseMs, audit: audit({ target: auditId }) };
    if (!(await releaseImport(dataOf(env, scope), scope, auditId, claim)))
      return explain(
        dataOf(env, scope),
        scope,
        auditId,
        ["importing"],
        "No import of this access audit waits.",
      );
    waitUntil(beginAccessAudit(env, { projectId: scope.projectId, jobId: auditId }));
    return { outcome: "done" };
  },
);

/** Answers a change that changed nothing. A form that was sent twice is done. */
async function explain(
  db: D1Database,
  scope: Scope,
  auditId: string,
  done: AccessAuditRow["status"][],
  otherwise: string,
): Promise<OperatorReply> {
  const found = await readAccessAudit(db, scope, auditId);
  if (found === null) return unknownAudit;
  return done.includes(found.status) ? { outcome: "done" } : refusal("conflict", otherwise);
}

export const save = implement(saveAuditSettings, async ({ env, scope, audit }, settings) => {
  const before = await readAuditSettings(dataOf(env, scope), scope);
  const after = { ...settings, metadataKey: settings.source === "metadata" ? settings.metadataKey : null };
  await saveSettings(dataOf(env, scope), scope, after, audit({ target: "access_audit", before, after }));
  return { outcome: "done" };
});

export const upload = implement(uploadMapping, async ({ env, scope, audit }, { csv }) => {
  const parsed = parseMapping(csv, maxMappingLines);
  if (parsed.outcome === "problems") return parsed;
  const customers = parsed.lines.length;
  await replaceMapping(
    dataOf(env, scope),
    scope,
    parsed.lines,
    audit({ target: "access_audit", after: { customers } }),
  );
  return { outcome: "done", customers };
});
