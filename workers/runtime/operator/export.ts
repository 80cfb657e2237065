import { exportFormat, type LedgerRow } from "../../../shared/contract/export.ts";
import {
  type OperatorCaller,
  type OperatorReply,
  type Place,
  refusal,
} from "../../../shared/contract/operator.ts";
import { type AuditEntry, writeAudit } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { exportLists, exportRows } from "../../../shared/db/export-customer.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { RuntimeEnv } from "../env.ts";
import { callSubject } from "../subject-stub.ts";
import { type Customer, openCustomer } from "./customer.ts";

const sections = ["ledger", "folded_requests", ...exportLists] as const;

/** Where a part ended: in which list and after which key, and which entries of the ledger are told. */
interface Cursor {
  section: number;
  /** `null` at the beginning of the list. */
  after: string | null;
  /** The checkpoint, and the head. */
  from: number;
  until: number;
}

interface Page {
  rows: object[];
  /** The key from which to go on in the same list. */
  next: string | null;
}

/**
 * The file of one customer, part by part, so that a history of any length fits through the line between workers.
 *
 * The head and the state are read first, and the ledger up to there: what happens meanwhile is not in the file, and the
 * file agrees with itself. An export that a fold overtakes is broken off rather than told with a gap.
 */
export async function exportCustomer(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  cursor: string | null,
): Promise<OperatorReply<{ text: string; next: string | null }>> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "owner", proofAlways: true });
  if (customer.outcome === "refused") return customer;
  const { identity } = customer;
  if (cursor === null) return begin(env, customer);
  const at = JSON.parse(cursor) as Cursor;
  const name = sections[at.section];
  if (name === undefined) return refusal("invalid", "There is no such part of the file.");
  const page = await readPage(env, identity, name, at);
  if (page === "folded")
    return refusal("conflict", "Old entries were folded away meanwhile. Export the customer again.");
  const lines = page.rows.map((row) => JSON.stringify(row)).join(",\n");
  const opening = at.after === null ? `,\n${JSON.stringify(name)}: [\n` : lines === "" ? "" : ",\n";
  const text = opening + lines;
  if (page.next !== null) return { outcome: "done", text, next: cursorOf({ ...at, after: page.next }) };
  const section = at.section + 1;
  return section === sections.length
    ? { outcome: "done", text: `${text}]\n}\n`, next: null }
    : { outcome: "done", text: `${text}]`, next: cursorOf({ ...at, section, after: null }) };
}

const cursorOf = (cursor: Cursor): string => JSON.stringify(cursor);

/** First who takes it out, then what: a file without an entry in the audit log there is none. */
async function begin(env: RuntimeEnv, { identity, actor, now }: Customer) {
  const { projectId, mode, subjectRef } = identity;
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "customer.export",
    target: subjectRef,
    projectId,
    mode,
  };
  await d1(writeAudit(env.DB, audit));
  const { head, state, checkpoint, foldedUsage } = await callSubject(env, identity, (subject) =>
    subject.exportState(),
  );
  const beginning = JSON.stringify({
    format: exportFormat,
    exported_at: new Date(now).toISOString(),
    exported_by: { operator_id: actor.operatorId, name: actor.name },
    project_id: projectId,
    mode,
    subject_ref: subjectRef,
    head,
    state,
    checkpoint,
    folded_usage: foldedUsage,
  });
  const next = cursorOf({ section: 0, after: null, from: checkpoint.sequence, until: head.sequence });
  return { outcome: "done" as const, text: beginning.slice(0, -1), next };
}

async function readPage(
  env: RuntimeEnv,
  identity: SubjectIdentity,
  section: (typeof sections)[number],
  { after, from, until }: Cursor,
): Promise<Page | "folded"> {
  switch (section) {
    case "ledger":
      return readLedger(env, identity, Number(after ?? from), until);
    case "folded_requests":
      return readRequests(env, identity, after ?? "");
    default:
      return d1(exportRows(env.DB, section, identity, after ?? ""));
  }
}

async function readLedger(
  env: RuntimeEnv,
  identity: SubjectIdentity,
  after: number,
  until: number,
): Promise<Page | "folded"> {
  const read = await callSubject(env, identity, (subject) => subject.exportEntries(after));
  if (read.outcome === "folded") return "folded";
  const entries = read.entries.filter(({ sequence }) => sequence <= until);
  const rows = entries.map(
    ({ idempotencyKey, ...row }): LedgerRow => ({ ...row, idempotency_key: idempotencyKey }),
  );
  const last = entries.at(-1)?.sequence ?? until;
  return { rows, next: last < until ? String(last) : null };
}

async function readRequests(env: RuntimeEnv, identity: SubjectIdentity, after: string): Promise<Page> {
  const requests = await callSubject(env, identity, (subject) => subject.exportRequests(after));
  const rows = requests.map(({ idempotencyKey, requestHash, ...row }) => ({
    idempotency_key: idempotencyKey,
    request_hash: requestHash,
    ...row,
  }));
  return { rows, next: requests.at(-1)?.idempotencyKey ?? null };
}
