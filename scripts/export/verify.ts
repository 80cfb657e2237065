import { type ExportFile, exportFileSchema, type LedgerRow } from "../../shared/contract/export.ts";
import type { Entitlement } from "../../shared/domain/entitlement.ts";
import type { SubjectState } from "../../shared/domain/ledger.ts";
import type { Reservation } from "../../shared/domain/reservation.ts";
import type { StripeRecord } from "../../shared/domain/stripe-record.ts";
import { canonicalJson } from "../../shared/kit/canonical-json.ts";
import { LedgerWalk } from "../../workers/runtime/subject/ledger/ledger-walk.ts";
import { toSubjectState } from "../../workers/runtime/subject/storage/stored-state.ts";

/** Lists what is wrong with an export, one sentence each, and sums up what was checked. */
export interface ExportVerdict {
  faults: string[];
  words: string;
}

/**
 * Checks the ledger of an export as the customer's object checks its own: order, hash chain, times and units. Then checks
 * that it ends at the head of the file and adds up to the state in the file. The other lists of the file are not chained.
 */
export function verifyExport(text: string): ExportVerdict {
  const read = readExport(text);
  if (typeof read === "string") return { faults: [read], words: "This is no export that could be verified." };
  const { project_id, mode, subject_ref, head, checkpoint, ledger } = read;
  const walk = new LedgerWalk(checkpoint, stateOf(checkpoint.state), head.sequence);
  for (const { idempotency_key, ...row } of inOrder(ledger))
    walk.visit({ ...row, idempotencyKey: idempotency_key });
  const faults = [
    ...orderFaults(ledger),
    ...walk.findings.map(({ sequence, message }) => `Entry ${sequence}: ${message}.`),
    ...headFaults(read, walk),
    ...stateFaults(walk.state, stateOf(read.state)),
  ];
  const entries = ledger.length === 1 ? "1 entry" : `${ledger.length} entries`;
  const from = checkpoint.sequence === 0 ? "" : ` after the checkpoint at entry ${checkpoint.sequence}`;
  const what = `${subject_ref} (${project_id}, ${mode} mode): ${entries}${from}, up to entry ${head.sequence}`;
  const words =
    faults.length === 0
      ? `${what}. Every entry follows from the one before, and they add up to the state in the file.`
      : `${what}. The file does not agree with itself.`;
  return { faults, words };
}

function readExport(text: string): ExportFile | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "The file is not JSON: it was cut off or changed. An export that broke off is not whole.";
  }
  const parsed = exportFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return `The file is not an export of this version: ${issue?.path.join(".")}: ${issue?.message}.`;
}

const inOrder = (ledger: LedgerRow[]): LedgerRow[] => ledger.toSorted((a, b) => a.sequence - b.sequence);

/** Finds rows that are out of order. */
function orderFaults(ledger: LedgerRow[]): string[] {
  return ledger.flatMap(({ sequence }, index) => {
    const previous = ledger[index - 1]?.sequence;
    return previous === undefined || sequence > previous
      ? []
      : [
          sequence === previous
            ? `Entry ${sequence}: it appears in the file twice.`
            : `Entry ${sequence}: it appears after entry ${previous}, so the two were swapped or moved.`,
        ];
  });
}

function headFaults({ head, checkpoint, ledger }: ExportFile, walk: LedgerWalk): string[] {
  const last = inOrder(ledger).at(-1) ?? checkpoint;
  if (last.sequence !== head.sequence)
    return [
      `Entry ${Math.min(last.sequence, head.sequence) + 1}: the ledger ends at entry ${last.sequence}, but the file says that its head is ${head.sequence}.`,
    ];
  return walk.hashAtAnchor === head.hash
    ? []
    : [`Entry ${head.sequence}: its hash is not the one that the file gives for the head.`];
}

function stateFaults(fold: SubjectState, state: SubjectState): string[] {
  return (["entitlements", "records", "reservations"] as const).flatMap((part) =>
    [...new Set([...fold[part].keys(), ...state[part].keys()])]
      .filter(
        (id) => canonicalJson(fold[part].get(id) ?? null) !== canonicalJson(state[part].get(id) ?? null),
      )
      .map((id) => `State: ${id} is not what the ledger adds up to.`),
  );
}

function stateOf({ entitlements, records, reservations }: ExportFile["state"]): SubjectState {
  return toSubjectState(
    entitlements as unknown as Entitlement[],
    records as unknown as StripeRecord[],
    reservations as unknown as Reservation[],
  );
}
