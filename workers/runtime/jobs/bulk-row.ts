import type { BulkAction } from "../../../shared/contract/operations/bulk-jobs.ts";
import type { AccessView } from "../../../shared/contract/operations/customer-views.ts";
import {
  applyAction,
  applySync,
  previewAction,
  previewSync,
  readCustomer,
} from "../../../shared/contract/operations/customers.ts";
import { previewRetry, retryCustomer } from "../../../shared/contract/operations/failed-work.ts";
import type { ManualActionInput } from "../../../shared/contract/operations/manual-action.ts";
import type { InputOf, Operation, ReplyOf } from "../../../shared/contract/operations/operation.ts";
import type { Refusal } from "../../../shared/contract/operations/reply.ts";
import type { BulkJob } from "../../../shared/db/bulk-jobs.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import type { Authorized } from "../../../shared/operations/authorize.ts";
import { runAuthorized } from "../../../shared/operations/run.ts";
import type { BulkPageRow, BulkRowResult } from "../db/bulk-job-rows.ts";
import { isErased } from "../db/erasures.ts";
import type { RuntimeEnv } from "../env.ts";
import * as manualAction from "../operations/customers/manual-action.ts";
import * as customers from "../operations/customers/read.ts";
import * as failedWork from "../operations/customers/retry.ts";
import * as stripeSync from "../operations/customers/sync.ts";

/**
 * Previews and applies a bulk job's action for one customer, by the same operations as the customer's page: each call is
 * parsed, decided and audited as an operator's single action.
 *
 * The action's id is made of the job and the customer's place in it. So repeating a customer after a crash, or in two
 * workers at the same time, applies the action once, and the second time has the result of the first.
 */

/** What a page of the job works with. */
export interface BulkTurn {
  env: RuntimeEnv;
  job: BulkJob & { status: "previewing" | "running" };
  permit: Omit<Authorized, "outcome">;
}

/** The operations that a job runs. */
const table = {
  [readCustomer.name]: customers.read,
  [previewAction.name]: manualAction.preview,
  [applyAction.name]: manualAction.apply,
  [previewRetry.name]: failedWork.preview,
  [retryCustomer.name]: failedWork.retry,
  [previewSync.name]: stripeSync.preview,
  [applySync.name]: stripeSync.apply,
};

async function run<O extends Operation>(
  { env, permit, job }: BulkTurn,
  operation: O,
  input: InputOf<O>,
): Promise<ReplyOf<O>> {
  const { projectId, mode } = job;
  // Nothing that a customer's operation leaves to the background may outlive the turn.
  const background: Promise<unknown>[] = [];
  const host = { env, waitUntil: (work: Promise<unknown>) => void background.push(work) };
  const reply = await runAuthorized<RuntimeEnv>(table, host, permit, {
    operation: operation.name,
    scope: { projectId, mode },
    input,
  });
  await Promise.all(background);
  return reply as ReplyOf<O>;
}

const toAccess = ({ allowed, reason }: AccessView): string =>
  allowed ? "allowed" : (reason ?? "no_entitlement");

type Found = Partial<Omit<BulkRowResult, "position">> & Pick<BulkRowResult, "state">;

/** Finds out what the action would do to the customer, and writes nothing. */
export async function previewRow(turn: BulkTurn, row: BulkPageRow): Promise<Found> {
  const { subjectRef } = row;
  const { action } = turn.job;
  if (row.isKnown === 0) {
    const missing = await findMissing(turn, subjectRef);
    if (missing !== null) return missing;
  }
  switch (action.type) {
    case "sync": {
      const reply = await run(turn, previewSync, { subjectRef });
      if (reply.outcome === "refused") return toRefused(reply);
      const { fingerprint, before, after, changes } = reply.preview;
      const access = { before: toAccess(before), after: toAccess(after) };
      if (changes.length === 0)
        return { state: "unchanged", ...access, message: "No differences from Stripe." };
      return { state: "ready", fingerprint, ...access, message: countChanges(changes.length) };
    }
    case "retry": {
      const reply = await run(turn, previewRetry, { subjectRef });
      if (reply.outcome === "refused") return toRefused(reply);
      const { failed, fingerprint } = reply;
      if (failed.events + failed.deliveries === 0)
        return { state: "unchanged", message: "Nothing has failed." };
      return { state: "ready", fingerprint, message: describeFailed(failed) };
    }
    default: {
      const target = findTarget(action, row);
      if (typeof target === "object" && target !== null) return target;
      const form = toForm(action, target);
      const reply = await run(turn, previewAction, { subjectRef, actionId: toActionId(turn, row), form });
      if (reply.outcome === "refused") return toRefused(reply);
      const { preview } = reply;
      return {
        state: "ready",
        target,
        fingerprint: row.isRechecked === 1 ? preview.fingerprint : preview.exactFingerprint,
        before: toAccess(preview.before),
        after: toAccess(preview.after),
        units: preview.changes.reduce((sum, { units }) => sum + units, 0),
      };
    }
  }
}

/** Applies the action if the customer is as previewed. */
export async function applyRow(turn: BulkTurn, row: BulkPageRow): Promise<Found> {
  const { subjectRef } = row;
  const { action, reason, note: text } = turn.job;
  const fingerprint = row.fingerprint ?? "";
  switch (action.type) {
    case "sync": {
      const reply = await run(turn, applySync, { subjectRef, reason, text, fingerprint });
      switch (reply.outcome) {
        case "refused":
          return toRefused(reply);
        case "done":
          return { state: "done", message: countChanges(reply.changes) };
        case "preview_outdated":
          // Merged before a crash, or by an event since. Stripe and the ledger agree.
          return reply.preview.changes.length === 0
            ? { state: "done", message: "Already in sync with Stripe." }
            : {
                state: "changed",
                before: toAccess(reply.preview.before),
                after: toAccess(reply.preview.after),
                message: countChanges(reply.preview.changes.length),
              };
      }
      break;
    }
    case "retry": {
      const reply = await run(turn, retryCustomer, { subjectRef, fingerprint });
      if (reply.outcome === "refused") return toRefused(reply);
      const { failed } = reply;
      if (reply.outcome === "done") return { state: "done", message: describeFailed(failed) };
      return failed.events + failed.deliveries === 0
        ? { state: "done", message: "Already retried." }
        : { state: "changed", message: describeFailed(failed) };
    }
    default: {
      const reply = await run(turn, applyAction, {
        subjectRef,
        actionId: toActionId(turn, row),
        form: toForm(action, row.target),
        reason,
        text,
        fingerprint,
      });
      switch (reply.outcome) {
        case "refused":
          return toRefused(reply);
        case "done":
          return { state: "done", sequence: reply.sequence };
        case "preview_outdated":
          return {
            state: "changed",
            before: toAccess(reply.preview.before),
            after: toAccess(reply.preview.after),
          };
      }
    }
  }
}

/** A customer without a row in D1: new within seconds, erased, or unknown. */
async function findMissing(turn: BulkTurn, subjectRef: string): Promise<Found | null> {
  const { projectId, mode } = turn.job;
  if (await isErased(dataOf(turn.env, { projectId }), { projectId, mode, subjectRef }))
    return { state: "erased" };
  const reply = await run(turn, readCustomer, { subjectRef, before: null, limit: 1, withProfile: false });
  if (reply.outcome === "refused") return toRefused(reply);
  return reply.customer.exists ? null : { state: "unknown" };
}

type ManualBulkAction = Exclude<BulkAction, { type: "sync" | "retry" }>;

/** Returns what the action concerns: an entitlement or an entry. A result when that is not clear. */
function findTarget(action: ManualBulkAction, row: BulkPageRow): string | null | Found {
  if (action.type === "grant") return null;
  if (action.type === "undo") return row.target;
  const [only, ...others] = JSON.parse(row.entitlements) as string[];
  if (only === undefined)
    return { state: "refused", message: `No current entitlement of ${action.productCode}.` };
  if (others.length === 0) return only;
  const count = others.length + 1;
  return {
    state: "refused",
    message: `${count} current entitlements of ${action.productCode}. Choose one on the customer's page.`,
  };
}

function toForm(action: ManualBulkAction, target: string | null): ManualActionInput {
  const entitlementId = target ?? "";
  switch (action.type) {
    case "grant":
      return action;
    case "revoke":
      return { type: "revoke", entitlementId };
    case "adjust":
      return { type: "adjust", entitlementId, how: action.how, units: action.units };
    case "undo":
      return { type: "undo", sequence: Number(target) };
  }
}

const toActionId = ({ job }: BulkTurn, { position }: BulkPageRow): string => `${job.jobId}_${position}`;

/** Stripe may answer the next time. Any other refusal is final for this preview. */
function toRefused({ reason, message }: Refusal): Found {
  if (reason === "stripe") throw new Error(message);
  return { state: "refused", message };
}

const countChanges = (changes: number): string => (changes === 1 ? "1 change" : `${changes} changes`);

function describeFailed({ events, deliveries }: { events: number; deliveries: number }): string {
  const parts = [
    ...(events === 0 ? [] : [events === 1 ? "1 Stripe event" : `${events} Stripe events`]),
    ...(deliveries === 0 ? [] : [deliveries === 1 ? "1 delivery" : `${deliveries} deliveries`]),
  ];
  return parts.join(", ");
}
