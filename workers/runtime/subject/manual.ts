import { type Decision, decideAccess } from "../../../shared/domain/decision.ts";
import {
  applyEntry,
  changesOf,
  type EntitlementChange,
  type EntryDraft,
} from "../../../shared/domain/ledger.ts";
import {
  decideManual,
  type ManualAction,
  type ManualContext,
  type ManualDecision,
  type ManualRefusal,
  manualDraft,
  type UndoAction,
} from "../../../shared/domain/manual-action.ts";
import { fingerprintOf } from "../../../shared/domain/manual-fingerprint.ts";
import { type OutboundEventDraft, outboundEvents } from "../../../shared/domain/outbound-events.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { entitlementIdsOf } from "./entitlement-id.ts";
import type { StateAtHead, SubjectStore } from "./store.ts";
import { readEntry } from "./stored-entry.ts";

/** An operator's action on one subject: what to do, and the id of the form that it came with. */
export interface ManualRequest {
  actionId: string;
  /** Of what the operator's form says: the same id with another hash is another action. */
  requestHash: string;
  action: ManualAction | { type: "undo"; sequence: number };
}

export interface ManualCommand extends ManualRequest {
  /** Of the preview that the operator saw; `null` to act on whatever there is. */
  fingerprint: string | null;
  actor: { operatorId: string; name: string };
  reason: string;
  /** The row for the audit log, as JSON; `null` where no operator stands behind it. */
  audit: string | null;
}

export interface ManualPreview {
  outcome: "previewed";
  fingerprint: string;
  sequence: number;
  at: number;
  before: Decision;
  after: Decision;
  changes: EntitlementChange[];
  events: Pick<OutboundEventDraft, "type" | "data">[];
}

export interface ManualRefused {
  outcome: "refused";
  code: ManualRefusal | "no_such_entry" | "too_long_ago" | "erased";
  unitsRemaining: number | null;
}

/** The action as the rules take it: for an undo, with the entry that it answers. */
export function resolveAction(
  store: SubjectStore,
  { action }: ManualRequest,
): ManualAction | UndoAction | ManualRefused {
  const refused = (code: ManualRefused["code"]): ManualRefused => ({
    outcome: "refused",
    code,
    unitsRemaining: null,
  });
  // Only what is paid anew begins a record of who was erased; a form that was opened before must not.
  if (store.tombstone !== null && !store.isCreated()) return refused("erased");
  if (action.type !== "undo") return action;
  const { sequence } = action;
  if (sequence <= store.checkpoint().sequence) return refused("too_long_ago");
  const [stored] = store.entriesAfter(sequence - 1, 1);
  return stored === undefined ? refused("no_such_entry") : { type: "undo", entry: readEntry(stored) };
}

/** The real decision, without writing it. */
export function previewManual(
  store: SubjectStore,
  identity: SubjectIdentity,
  request: ManualRequest,
  at: number,
): ManualPreview | ManualRefused {
  const action = resolveAction(store, request);
  if ("outcome" in action) return action;
  const state = store.state();
  const decision = decideManual(state, action, contextOf(identity, request), at);
  return decision.outcome === "refused" ? decision : describe(state, identity, action, decision, at);
}

export function contextOf(identity: SubjectIdentity, { actionId }: ManualRequest): ManualContext {
  return { entitlementIdOf: entitlementIdsOf(identity), actionId };
}

/** The fingerprint of what the action rests on, short enough for a form. */
export function restsOn(...what: Parameters<typeof fingerprintOf>): string {
  return sha256Hex(fingerprintOf(...what));
}

/** Everything that the decision would change, in the terms of who has to confirm it. */
export function describe(
  state: StateAtHead,
  identity: SubjectIdentity,
  action: ManualAction | UndoAction,
  decision: Extract<ManualDecision, { outcome: "change" }>,
  at: number,
): ManualPreview {
  const draft = manualDraft(decision, { reason: "", actor: "", cause: { type: "clock" }, idempotency: null });
  const after = applyEntry(state, draft);
  return {
    outcome: "previewed",
    fingerprint: restsOn(state, action, decision.touched, at),
    sequence: state.head.sequence,
    at,
    before: decideAccess(state.entitlements.values(), at),
    after: decideAccess(after.entitlements.values(), at),
    changes: changesOf(state, decision.touched),
    events: outboundEvents(identity, state, { ...draft, sequence: state.head.sequence + 1, at }),
  };
}

/** By what a repeated action is found. An entry is undone once, whoever asks. */
export function keyOf({ actionId, action }: Pick<ManualRequest, "actionId" | "action">): string {
  return action.type === "undo" ? `undo/${action.sequence}` : actionId;
}

/** The entry of the action, as the ledger is to have it. */
export function entryOf(
  { actionId, requestHash, action, actor, reason }: ManualCommand,
  decision: Extract<ManualDecision, { outcome: "change" }>,
  usageRemaining: number,
): EntryDraft {
  return manualDraft(decision, {
    reason,
    actor: actor.operatorId,
    cause: {
      type: "operator",
      actorName: actor.name,
      action: action.type === "undo" ? null : action,
      undoes: action.type === "undo" ? action.sequence : null,
    },
    idempotency: {
      endpoint: "portal/action",
      key: keyOf({ actionId, action }),
      requestHash,
      reply: { consumed: 0, usageRemaining },
    },
  });
}
