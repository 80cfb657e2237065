import type { JobKey } from "../../../shared/contract/messages.ts";
import { readAuditSettings } from "../../../shared/db/access-audits.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { StripeReadError } from "../../../shared/stripe/client.ts";
import type { AuditItem } from "../access-audit/audit-page.ts";
import { examine } from "../access-audit/examine.ts";
import { importPage } from "../access-audit/import-finding.ts";
import { isLasting } from "../access-audit/is-lasting.ts";
import { listPage } from "../access-audit/list-page.ts";
import { lookAtPage } from "../access-audit/quick-look.ts";
import { createWalk, type Walk } from "../access-audit/walk.ts";
import {
  type AuditAtWork,
  recordAuditFailure,
  releaseAccessAudit,
  renewAccessAudit,
} from "../db/access-audit-leases.ts";
import { type AuditProgress, deleteSeen, saveAuditProgress } from "../db/access-audit-pages.ts";
import { readProjectConnection } from "../db/stripe-connections.ts";
import type { RuntimeEnv } from "../env.ts";

/**
 * Runs access audits: the report page by page of Stripe's lists, and the import of its findings. The row in `access_audits`
 * is the progress. A worker holds a lease on it, and each minute's sweep claims the audits without one.
 *
 * Guarantees: a report writes nothing but its own rows. A page counts once: it is saved with the number of the page that was
 * read, so of two workers one saves. A crash, or a Stripe that does not answer, leaves the last saved place, and at most one
 * page is read twice. Unreadable data of a customer is passed over after a few tries (`isLasting`).
 *
 * Assumes: who started an import had a recent authentication in live mode. Their role is read again for each page.
 */

/** Longer than any single step: Stripe's client times out after 20 s. */
export const auditLeaseMs = 60_000;
/** The platform stops work 30 s after the reply. */
const turnMs = 20_000;
/** Of the platform's 1,000 subrequests per invocation: D1 is called about as often as Stripe. */
const callsPerTurn = 700;
/** Failed turns in a row until the audit stops: several hours. */
const maxFailures = 30;
const maxBackoffMs = 600_000;

/** Runs the first turn. The reply is sent already, so a failure is only logged. The sweep continues the audit. */
export async function beginAccessAudit(env: RuntimeEnv, key: JobKey): Promise<void> {
  try {
    await runAccessAudit(env, key);
  } catch (error) {
    log("error", "access_audit.turn_failed", { jobId: key.jobId, error: errorMessage(error) });
  }
}

/** Runs a turn of a claimed audit. Returns whether there is more to do at once. */
export async function runAccessAudit(env: RuntimeEnv, key: JobKey): Promise<boolean> {
  const { jobId: auditId } = key;
  const startedAt = Date.now();
  const turn: Turn = { endBy: startedAt + turnMs, walk: null };
  const cost = () => ({ stripeCalls: turn.walk?.pacer.calls ?? 0, workMs: Date.now() - startedAt });
  try {
    while (!isOver(turn)) {
      if (await runAuditPage(env, key, turn)) continue;
      await releaseAccessAudit(dataOf(env, key), auditId, cost(), await currentTime(env.DEV));
      return false;
    }
  } catch (error) {
    const isStripe = error instanceof StripeReadError;
    const lastError = isStripe ? error.message : "Licenzy could not read or write a customer's data.";
    const now = await currentTime(env.DEV);
    const failures = await recordAuditFailure(dataOf(env, key), auditId, lastError, maxFailures, now);
    const fields = { jobId: auditId, tries: failures, error: errorMessage(error) };
    if (isStripe) log("warn", "access_audit.stripe_unread", fields);
    else log("error", "access_audit.turn_failed", fields);
    const backoffMs = Math.min(maxBackoffMs, 5_000 * 2 ** failures);
    await releaseAccessAudit(dataOf(env, key), auditId, cost(), now + backoffMs);
    return false;
  }
  await releaseAccessAudit(dataOf(env, key), auditId, cost(), await currentTime(env.DEV));
  return true;
}

interface Turn {
  endBy: number;
  walk: Walk | null;
}

const isOver = ({ endBy, walk }: Turn): boolean =>
  Date.now() >= endBy || (walk !== null && 2 * walk.pacer.calls + walk.objectCalls > callsPerTurn);

/** Works on the next page. Returns whether there is more to do. */
async function runAuditPage(env: RuntimeEnv, key: JobKey, turn: Turn): Promise<boolean> {
  const { jobId: auditId } = key;
  const now = await currentTime(env.DEV);
  const audit = await renewAccessAudit(dataOf(env, key), auditId, now + auditLeaseMs);
  if (audit === null) return false;
  const found = await readProjectConnection(env.DB, audit.projectId, audit.mode);
  if (found === null) throw new StripeReadError("This project has no Stripe connection in this mode.", false);
  turn.walk ??= createWalk(
    env,
    found,
    await readAuditSettings(dataOf(env, audit), audit),
    describe(audit),
    now,
  );
  if (audit.status === "importing") return importPage(turn.walk, audit, () => isOver(turn));
  const { isPhaseOver, ...progress } = await comparePage(turn.walk, audit, turn);
  await saveAuditProgress(
    dataOf(env, audit),
    audit,
    { ...progress, isPhaseOver },
    await currentTime(env.DEV),
  );
  if (!isPhaseOver || audit.phase !== "subjects") return true;
  while (await deleteSeen(dataOf(env, key), auditId));
  return false;
}

const describe = ({ status, operatorName }: AuditAtWork): string =>
  status === "importing" ? `imported by ${operatorName}` : "access audit";

/** Compares the objects of the next page, as many as the turn has time for. */
async function comparePage(walk: Walk, audit: AuditAtWork, turn: Turn): Promise<AuditProgress> {
  const page = await listPage(walk, audit.auditId, audit.phase, audit.cursor);
  const looks = await lookAtPage(walk, page.items);
  const progress: AuditProgress = {
    seen: [],
    findings: [],
    compared: 0,
    unread: page.unread,
    cursor: page.last ?? audit.cursor,
    isPhaseOver: page.isLast,
  };
  for (const [index, item] of page.items.entries()) {
    // At least one object, so that every turn gets ahead.
    if (index > 0 && isOver(turn))
      return { ...progress, cursor: page.items[index - 1]?.id ?? audit.cursor, isPhaseOver: false };
    const look = looks[index];
    progress.compared++;
    if (look?.outcome === "agrees")
      progress.seen.push({ seenId: `subject/${look.subjectRef}`, class: "agrees" });
    if (look?.outcome === "examine") await addVerdict(walk, audit, item, progress);
  }
  return progress;
}

/** An object that can't be read, or can't be anybody's, keeps the others from nothing. */
async function addVerdict(
  walk: Walk,
  audit: AuditAtWork,
  item: AuditItem,
  progress: AuditProgress,
): Promise<void> {
  try {
    const verdict = await examine(walk, item);
    if (verdict === null) return;
    progress.seen.push(verdict.seen);
    if (verdict.finding !== null) progress.findings.push(verdict.finding);
  } catch (error) {
    if (!isLasting(error, audit)) throw error;
    log("warn", "access_audit.object_unread", { jobId: audit.auditId, error: errorMessage(error) });
    progress.unread++;
  }
}
