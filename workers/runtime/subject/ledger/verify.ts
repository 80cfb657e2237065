import type { CheckFinding } from "../../../../shared/contract/operations/data-check.ts";
import { type DatabasesEnv, dataOf } from "../../../../shared/db/databases.ts";
import { summarizeCustomer } from "../../../../shared/domain/customer-summary.ts";
import type { Entitlement } from "../../../../shared/domain/entitlement.ts";
import type { SubjectState } from "../../../../shared/domain/ledger.ts";
import { canonicalJson } from "../../../../shared/kit/canonical-json.ts";
import { readSubjectCopy, type SubjectRow } from "../../db/subjects.ts";
import type { Checkpoint } from "../storage/checkpoint.ts";
import { genesisHash } from "../storage/hash-chain.ts";
import { entriesPerSlice, type SubjectStore } from "../storage/store.ts";
import { LedgerWalk, maxFindings } from "./ledger-walk.ts";

export interface Verification {
  ok: boolean;
  findings: CheckFinding[];
  /** Number of entries that were checked: all entries after the checkpoint. */
  entries: number;
  headSequence: number;
  /** The last folded sequence. Entries up to here were checked when they were folded. */
  checkpointSequence: number;
  /** Number of entries that D1 has not confirmed yet. A lagging D1 copy is not a finding. */
  unflushed: number;
}

/**
 * Checks the ledger (sequence, time, hash chain, balances) and compares its fold with the stored state and
 * with D1 (anchor and copied entitlements). Works in slices with pauses, so that a long history never blocks
 * a check.
 */
export async function verify(store: SubjectStore, env: DatabasesEnv): Promise<Verification> {
  const identity = store.identity();
  if (identity === null)
    return { ok: true, findings: [], entries: 0, headSequence: 0, checkpointSequence: 0, unflushed: 0 };
  // Read `flushed` before the D1 copy, and walk after it. Everything confirmed by now is then in the copy,
  // and the walk covers every entry that the copy's anchor can refer to.
  const flushed = store.flushedSequence();
  const copy = await readSubjectCopy(dataOf(env, identity), identity);

  const checkpoint = store.checkpoint();
  const walk = new LedgerWalk(checkpoint, store.checkpointState(), copy.subject?.headSequence ?? 0);
  for (;;) {
    const slice = store.entriesAfter(walk.sequence, entriesPerSlice);
    for (const entry of slice) walk.visit(entry);
    // No await between the last slice and the comparison, so no entry can be appended in between.
    if (slice.length < entriesPerSlice) break;
    await scheduler.wait(0);
  }
  const state = store.state();
  const findings = [
    ...walk.findings,
    ...compareState(walk.state.entitlements, state.entitlements),
    ...compareState(walk.state.records, state.records),
    ...compareState(walk.state.reservations, state.reservations),
    ...compareReversed(walk.reversed, store.reversedEntries()),
    ...compareAnchor(walk, checkpoint, copy.subject),
    ...compareCopies(store, flushed, copy.entitlements),
    ...compareSummary(state, copy.subject),
  ];
  return {
    ok: findings.length === 0,
    findings: findings.slice(0, maxFindings),
    entries: walk.entries,
    headSequence: walk.sequence,
    checkpointSequence: checkpoint.sequence,
    unflushed: Math.max(0, walk.sequence - store.flushedSequence()),
  };
}

function compareState(
  fold: ReadonlyMap<string, unknown>,
  state: ReadonlyMap<string, unknown>,
): CheckFinding[] {
  const ids = new Set([...fold.keys(), ...state.keys()]);
  const findings: CheckFinding[] = [];
  for (const id of ids) {
    if (canonicalJson(fold.get(id) ?? null) !== canonicalJson(state.get(id) ?? null))
      findings.push({ where: "state", sequence: null, message: `${id} does not match the ledger` });
  }
  return findings;
}

/** Requires the list of entries that were given back to be the one in the ledger, so that none is given back twice. */
function compareReversed(ledger: ReadonlySet<number>, stored: number[]): CheckFinding[] {
  const known = new Set(stored);
  const different = [...ledger].filter((sequence) => !known.has(sequence));
  return [...different, ...stored.filter((sequence) => !ledger.has(sequence))].map((sequence) => ({
    where: "state",
    sequence,
    message: "whether this entry was given back does not match the ledger",
  }));
}

function compareAnchor(
  walk: LedgerWalk,
  checkpoint: Checkpoint,
  anchor: { headSequence: number; headHash: string } | null,
): CheckFinding[] {
  if (anchor === null)
    return [{ where: "d1", sequence: null, message: "the subject is not registered in D1" }];
  const { headSequence: sequence, headHash } = anchor;
  if (sequence > walk.sequence)
    return [
      {
        where: "ledger",
        sequence: walk.sequence + 1,
        message: `the ledger ends at ${walk.sequence}, but D1 has a copy up to ${sequence}: its tail was cut`,
      },
    ];
  // Only entries that D1 confirmed are folded, so its anchor cannot be older than the checkpoint. The
  // exception is a ledger that starts after an erasure: its checkpoint has the genesis hash.
  const isBeginning = sequence === 0 && checkpoint.hash === genesisHash;
  if (sequence < checkpoint.sequence && !isBeginning)
    return [
      {
        where: "d1",
        sequence,
        message: `D1's anchor is older than the checkpoint at ${checkpoint.sequence}`,
      },
    ];
  if (sequence > 0 && headHash !== walk.hashAtAnchor)
    return [{ where: "d1", sequence, message: "D1's anchor is not the hash of this entry" }];
  return [];
}

type Copy = Awaited<ReturnType<typeof readSubjectCopy>>["entitlements"][number];

const comparedColumns = [
  "kind",
  "productCode",
  "source",
  "status",
  "unitsGranted",
  "unitsRemaining",
  "startsAt",
  "expiresAt",
  "currentPeriodEnd",
  "canceledAt",
  "createdAt",
  "updatedAt",
] as const satisfies (keyof Copy & keyof Entitlement)[];

/**
 * Requires an equal copy in D1 of every entitlement up to `flushed`, and no copy of an unknown entitlement.
 */
function compareCopies(store: SubjectStore, flushed: number, copies: Copy[]): CheckFinding[] {
  const findings: CheckFinding[] = [];
  const report = (sequence: number, message: string) => findings.push({ where: "d1", sequence, message });
  const byId = new Map(copies.map((copy) => [copy.entitlementId, copy]));
  for (const { version, entitlement } of store.entitlementsChangedAfter(0, Number.MAX_SAFE_INTEGER)) {
    const id = entitlement.entitlementId;
    const copy = byId.get(id);
    byId.delete(id);
    if (copy === undefined) {
      if (version <= flushed) report(version, `${id} is missing in D1`);
    } else if (copy.version > version) {
      report(copy.version, `D1 has ${id} at a later version than the ledger`);
    } else if (copy.version === version) {
      const different = comparedColumns.filter((column) => copy[column] !== entitlement[column]);
      if (different.length > 0)
        report(version, `D1 has ${id} with a different ${different.map(toWords).join(", ")}`);
    } else if (version <= flushed) {
      report(version, `D1 has ${id} at the old version ${copy.version}`);
    }
  }
  for (const copy of byId.values())
    report(copy.version, `D1 has ${copy.entitlementId}, which is not in the ledger`);
  return findings;
}

const summaryColumns = ["accessSchedule", "unitsLeft", "paid", "paidAmount", "endsAt", "renews"] as const;

/**
 * Requires the columns of the list of customers to follow from the ledger, unless the copy is older. They are compared
 * as of the flush that wrote them.
 */
function compareSummary(
  { head, ...state }: SubjectState & { head: { sequence: number } },
  row: SubjectRow | null,
): CheckFinding[] {
  if (row?.flushedAt == null || row.headSequence !== head.sequence) return [];
  const { segments: accessSchedule, ...rest } = summarizeCustomer(state, row.flushedAt);
  const expected = { ...rest, accessSchedule, paidAmount: rest.paid[0]?.amount ?? null };
  const different = summaryColumns.filter(
    (column) => canonicalJson(row[column]) !== canonicalJson(expected[column]),
  );
  if (different.length === 0) return [];
  const names = different.map(toWords).join(", ");
  return [
    { where: "d1", sequence: head.sequence, message: `the list of customers has a different ${names}` },
  ];
}

/** Converts a column name into words: `unitsRemaining` becomes `units remaining`. */
const toWords = (column: string) => column.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
