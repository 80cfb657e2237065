import {
  buildManualEntry,
  decideManualAction,
  type ManualActionContext,
  type UndoAction,
} from "../../../../shared/domain/decide-manual-action.ts";
import { type Decision, decideAccess } from "../../../../shared/domain/decision.ts";
import { applyLapses } from "../../../../shared/domain/lapse.ts";
import {
  applyEntry,
  type EntitlementChange,
  type EntryDraft,
  type ManualAction,
  toEntitlementChanges,
} from "../../../../shared/domain/ledger.ts";
import type {
  ManualActionDecision,
  ManualActionRefusal,
} from "../../../../shared/domain/manual-action-decision.ts";
import type { OutboundEventDraft } from "../../../../shared/domain/outbound-event-data.ts";
import { buildOutboundEvents } from "../../../../shared/domain/outbound-events.ts";
import { serializeExactState, serializePreviewState } from "../../../../shared/domain/preview-state.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { sha256Hex } from "../../../../shared/kit/hash.ts";
import { buildEntitlementIds } from "../entitlement-ids.ts";
import type { StateAtHead, SubjectStore } from "../storage/store.ts";
import { parseEntry } from "../storage/stored-entry.ts";

/** An operator's action on one subject, with the id of the form that submitted it. */
export interface ManualActionRequest {
  actionId: string;
  /** Hash of the form's values. The same `actionId` with another hash is another action. */
  requestHash: string;
  action: ManualAction | { type: "undo"; sequence: number };
}

export interface ManualActionCommand extends ManualActionRequest {
  /** The fingerprint of the preview that the operator confirmed; `null` to apply without a preview. */
  fingerprint: string | null;
  actor: { operatorId: string; name: string };
  reason: string;
  /** The audit log row as JSON; `null` if no operator performs the action. */
  audit: string | null;
}

export interface ManualActionPreview {
  outcome: "previewed";
  fingerprint: string;
  exactFingerprint: string;
  sequence: number;
  at: number;
  before: Decision;
  after: Decision;
  changes: EntitlementChange[];
  events: Pick<OutboundEventDraft, "type" | "data">[];
}

export interface ManualActionRefused {
  outcome: "refused";
  code: ManualActionRefusal | "no_such_entry" | "already_undone" | "too_long_ago" | "erased";
  unitsRemaining: number | null;
}

/** Converts the request into an action of the domain. For an undo, reads the entry to undo. */
export function resolveAction(
  store: SubjectStore,
  { action }: ManualActionRequest,
): ManualAction | UndoAction | ManualActionRefused {
  const refused = (code: ManualActionRefused["code"]): ManualActionRefused => ({
    outcome: "refused",
    code,
    unitsRemaining: null,
  });
  // Only a new payment starts a new record of an erased customer; a form opened before the erasure must not.
  if (store.tombstone !== null && !store.isCreated()) return refused("erased");
  if (action.type !== "undo") return action;
  const { sequence } = action;
  if (sequence <= store.checkpoint().sequence) return refused("too_long_ago");
  const [stored] = store.entriesAfter(sequence - 1, 1);
  return stored === undefined ? refused("no_such_entry") : { type: "undo", entry: parseEntry(stored) };
}

/** Decides the action by the same rules as `applyManual`, without writing anything. */
export function previewManual(
  store: SubjectStore,
  identity: SubjectIdentity,
  request: ManualActionRequest,
  at: number,
): ManualActionPreview | ManualActionRefused {
  const action = resolveAction(store, request);
  if ("outcome" in action) return action;
  // An entry is undone only once: `applyManual` would repeat its answer and change nothing.
  if (action.type === "undo" && store.answeredRequest("portal/action", actionKey(request)) !== null)
    return { outcome: "refused", code: "already_undone", unitsRemaining: null };
  const { head } = store.state();
  const state = { head, ...applyLapses(store.state(), head.at, at) };
  const decision = decideManualAction(state, action, toManualContext(identity, request), at);
  return decision.outcome === "refused" ? decision : buildPreview(state, identity, action, decision, at);
}

export function toManualContext(
  identity: SubjectIdentity,
  { actionId }: ManualActionRequest,
): ManualActionContext {
  return { deriveEntitlementId: buildEntitlementIds(identity), actionId };
}

/** Marks an exact fingerprint. */
const exactPrefix = "exact:";

type PreviewBasis = Parameters<typeof serializePreviewState>;

/** Returns the fingerprint of the state that the action depends on, short enough for a form field. */
const previewFingerprint = (...basis: PreviewBasis): string => sha256Hex(serializePreviewState(...basis));

const exactFingerprint = (...basis: PreviewBasis): string =>
  exactPrefix + sha256Hex(serializeExactState(...basis));

/** Returns whether what the preview with this fingerprint rested on has changed. */
export function isOutdated(fingerprint: string, ...basis: PreviewBasis): boolean {
  const current = fingerprint.startsWith(exactPrefix) ? exactFingerprint : previewFingerprint;
  return fingerprint !== current(...basis);
}

/** Lists every effect of the decision, for the operator to confirm. */
export function buildPreview(
  state: StateAtHead,
  identity: SubjectIdentity,
  action: ManualAction | UndoAction,
  decision: Extract<ManualActionDecision, { outcome: "change" }>,
  at: number,
): ManualActionPreview {
  const draft = buildManualEntry(decision, {
    reason: "",
    actor: "",
    cause: { type: "clock" },
    idempotency: null,
  });
  const after = applyEntry(state, draft);
  const basis = [state, action, decision.touched, at] as const;
  return {
    outcome: "previewed",
    fingerprint: previewFingerprint(...basis),
    exactFingerprint: exactFingerprint(...basis),
    sequence: state.head.sequence,
    at,
    before: decideAccess(state.entitlements.values(), at),
    after: decideAccess(after.entitlements.values(), at),
    changes: toEntitlementChanges(state, decision.touched),
    events: buildOutboundEvents(identity, state, { ...draft, sequence: state.head.sequence + 1, at }),
  };
}

/**
 * Returns the idempotency key of the action. An undo is keyed by its entry, so an entry is undone only once.
 */
export function actionKey({ actionId, action }: Pick<ManualActionRequest, "actionId" | "action">): string {
  return action.type === "undo" ? `undo/${action.sequence}` : actionId;
}

/** Builds the ledger entry of the action. */
export function buildEntryDraft(
  { actionId, requestHash, action, actor, reason }: ManualActionCommand,
  decision: Extract<ManualActionDecision, { outcome: "change" }>,
  usageRemaining: number,
): EntryDraft {
  return buildManualEntry(decision, {
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
      key: actionKey({ actionId, action }),
      requestHash,
      reply: { consumed: 0, usageRemaining },
    },
  });
}
