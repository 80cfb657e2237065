import { exportFormat, type LedgerRow } from "../../../../shared/contract/export.ts";
import { exportCustomer } from "../../../../shared/contract/operations/customers.ts";
import { refusal } from "../../../../shared/contract/operations/reply.ts";
import { writeAuditEntry } from "../../../../shared/db/audit.ts";
import { databasesOf } from "../../../../shared/db/databases.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { exportLists, readExportPage } from "../../db/export-customer.ts";
import type { RuntimeEnv } from "../../env.ts";
import { callSubject } from "../../subject-stub.ts";
import { type CustomerContext, implementForCustomer } from "../implement.ts";

const sections = ["ledger", "folded_requests", ...exportLists] as const;

/** Where a part ended, and which ledger entries the file covers. */
interface Cursor {
  section: number;
  /** The last key written; `null` at the beginning of the list. */
  after: string | null;
  /** Sequence of the checkpoint, and of the head. */
  from: number;
  until: number;
}

interface Page {
  rows: object[];
  /** The key after which the same list continues. */
  next: string | null;
}

/**
 * Writes the export file of one customer, part by part, so that a history of any length fits through RPC.
 *
 * The head and the state are read first, then the ledger up to that head: later entries are not in the file, and the file
 * agrees with itself. An export that a fold overtakes fails, instead of leaving a gap.
 */
export const exportFile = implementForCustomer(exportCustomer, async (context, { cursor }) => {
  const { env, identity } = context;
  if (cursor === null) return begin(context);
  const at = JSON.parse(cursor) as Cursor;
  const name = sections[at.section];
  if (name === undefined) return refusal("invalid", "Unknown part of the file.");
  const page = await readPage(env, identity, name, at);
  if (page === "folded")
    return refusal("conflict", "The history changed during the export. Export the customer again.");
  const lines = page.rows.map((row) => JSON.stringify(row)).join(",\n");
  const opening = at.after === null ? `,\n${JSON.stringify(name)}: [\n` : lines === "" ? "" : ",\n";
  const text = opening + lines;
  if (page.next !== null) return { outcome: "done", text, next: encodeCursor({ ...at, after: page.next }) };
  const section = at.section + 1;
  return section === sections.length
    ? { outcome: "done", text: `${text}]\n}\n`, next: null }
    : { outcome: "done", text: `${text}]`, next: encodeCursor({ ...at, section, after: null }) };
});

const encodeCursor = (cursor: Cursor): string => JSON.stringify(cursor);

/** Writes the audit row first: no file exists without it. */
async function begin({ env, identity, actor, now, audit }: CustomerContext<typeof exportCustomer>) {
  const { projectId, mode, subjectRef } = identity;
  await writeAuditEntry(env.DB, audit({ target: subjectRef }));
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
  const next = encodeCursor({ section: 0, after: null, from: checkpoint.sequence, until: head.sequence });
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
      return readExportPage(databasesOf(env, identity), section, identity, after ?? "");
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
