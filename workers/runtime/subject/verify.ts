import { readSubjectCopy } from "../../../shared/db/read-subject.ts";
import type { Entitlement } from "../../../shared/domain/entitlement.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { genesisHash } from "./chain.ts";
import type { Checkpoint } from "./history.ts";
import { type Fault, LedgerWalk, maxFaults } from "./ledger-walk.ts";
import { entriesPerSlice, type SubjectStore } from "./store.ts";

export interface Verification {
  ok: boolean;
  faults: Fault[];
  /** Entries that were looked at: those after the checkpoint. */
  entries: number;
  headSequence: number;
  /** Up to this sequence the history is folded, and was compared when it was. */
  checkpointSequence: number;
  /** Entries that D1 has not confirmed yet: not a fault, but a copy that lags. */
  unflushed: number;
}

/**
 * Compares the ledger with itself (sequence, time, hash chain, balances), with the object's state (its fold), and with
 * D1 (anchor and copies). Works in slices with a pause between, so that a long history never blocks a check.
 */
export async function verify(store: SubjectStore, db: D1Database): Promise<Verification> {
  const identity = store.identity();
  if (identity === null)
    return { ok: true, faults: [], entries: 0, headSequence: 0, checkpointSequence: 0, unflushed: 0 };
  // In this order: what D1 had confirmed by now is in the copy read next, and an anchor written after that would be of
  // entries that the walk below may not have seen.
  const flushed = store.flushedSequence();
  const copy = await readSubjectCopy(db, identity);

  const checkpoint = store.checkpoint();
  const walk = new LedgerWalk(checkpoint, store.checkpointState(), copy.subject?.headSequence ?? 0);
  for (;;) {
    const slice = store.entriesAfter(walk.sequence, entriesPerSlice);
    for (const entry of slice) walk.visit(entry);
    // No await between the last slice and the comparison: nothing can be appended in between.
    if (slice.length < entriesPerSlice) break;
    await scheduler.wait(0);
  }
  const state = store.state();
  const faults = [
    ...walk.faults,
    ...stateFaults(walk.state.entitlements, state.entitlements),
    ...stateFaults(walk.state.records, state.records),
    ...anchorFaults(walk, checkpoint, copy.subject),
    ...copyFaults(store, flushed, copy.entitlements),
  ];
  return {
    ok: faults.length === 0,
    faults: faults.slice(0, maxFaults),
    entries: walk.entries,
    headSequence: walk.sequence,
    checkpointSequence: checkpoint.sequence,
    unflushed: Math.max(0, walk.sequence - store.flushedSequence()),
  };
}

function stateFaults(fold: ReadonlyMap<string, unknown>, state: ReadonlyMap<string, unknown>): Fault[] {
  const ids = new Set([...fold.keys(), ...state.keys()]);
  const faults: Fault[] = [];
  for (const id of ids) {
    if (canonicalJson(fold.get(id) ?? null) !== canonicalJson(state.get(id) ?? null))
      faults.push({ where: "state", sequence: null, message: `${id} is not what the ledger adds up to` });
  }
  return faults;
}

function anchorFaults(
  walk: LedgerWalk,
  checkpoint: Checkpoint,
  anchor: { headSequence: number; headHash: string } | null,
): Fault[] {
  if (anchor === null)
    return [{ where: "d1", sequence: null, message: "the subject is not registered in D1" }];
  const { headSequence: sequence, headHash } = anchor;
  if (sequence > walk.sequence)
    return [
      {
        where: "ledger",
        sequence: walk.sequence + 1,
        message: `the ledger ends at ${walk.sequence}, but D1 has seen it reach ${sequence}: its tail was cut`,
      },
    ];
  // Only what D1 had confirmed was folded, so D1 once knew better; but after an erasure the ledger begins there.
  const isBeginning = sequence === 0 && checkpoint.hash === genesisHash;
  if (sequence < checkpoint.sequence && !isBeginning)
    return [
      { where: "d1", sequence, message: `D1's anchor lies before the checkpoint at ${checkpoint.sequence}` },
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

/** Every entitlement up to `flushed` must be in D1 as it is; what D1 has beyond that must exist here. */
function copyFaults(store: SubjectStore, flushed: number, copies: Copy[]): Fault[] {
  const faults: Fault[] = [];
  const fault = (sequence: number, message: string) => faults.push({ where: "d1", sequence, message });
  const byId = new Map(copies.map((copy) => [copy.entitlementId, copy]));
  for (const { version, entitlement } of store.entitlementsChangedAfter(0, Number.MAX_SAFE_INTEGER)) {
    const id = entitlement.entitlementId;
    const copy = byId.get(id);
    byId.delete(id);
    if (copy === undefined) {
      if (version <= flushed) fault(version, `${id} is missing in D1`);
    } else if (copy.version > version) {
      fault(copy.version, `D1 has ${id} at a later version than the ledger`);
    } else if (copy.version === version) {
      const wrong = comparedColumns.filter((column) => copy[column] !== entitlement[column]);
      if (wrong.length > 0) fault(version, `D1 has ${id} with another ${wrong.map(inWords).join(", ")}`);
    } else if (version <= flushed) {
      fault(version, `D1 has ${id} at the old version ${copy.version}`);
    }
  }
  for (const copy of byId.values())
    fault(copy.version, `D1 has ${copy.entitlementId}, which the ledger has not`);
  return faults;
}

/** `unitsRemaining` as people read it. */
const inWords = (column: string) => column.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
