import { findEntrySignals } from "../../../../shared/domain/access-signals.ts";
import { applyClock } from "../../../../shared/domain/clock-entries.ts";
import {
  buildManualEntry,
  decideManualAction,
  type ManualActionContext,
  type UndoAction,
} from "../../../../shared/domain/decide-manual-action.ts";
import { type Decision, decideAccess } from "../../../../shared/domain/decision.ts";
import {
  applyEntry,
  type EntitlementChange,
  type EntryDraft,
  type LedgerEntry,
  type ManualAction,
  type SubjectState,
  toEntitlementChanges,
} from "../../../../shared/domain/ledger.ts";
import type {
  ManualActionDecision,
  ManualActionRefusal,
} from "../../../../shared/domain/manual-action-decision.ts";
import { buildNoticeEvent } from "../../../../shared/domain/notice-events.ts";
import { findEntryNotices, readSignalRecord } from "../../../../shared/domain/notices.ts";
import type { OutboundEventDraft } from "../../../../shared/domain/outbound-event-data.ts";
import { buildOutboundEvents } from "../../../../shared/domain/outbound-events.ts";
import { serializeExactState, serializePreviewState } from "../../../../shared/domain/preview-state.ts";
import { mergeSignals, type SignalSettings } from "../../../../shared/domain/signal-settings.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { sha256Hex } from "../../../../shared/kit/hash.ts";
import { buildEntitlementIds } from "../entitlement-ids.ts";
import type { StateAtHead } from "../storage/head.ts";
import { toSignalDecisionId } from "../storage/outbound-events.ts";
import type { SubjectStore } from "../storage/store.ts";
import { parseEntry } from "../storage/stored-entry.ts";
import { findSubscriptionsAround, type SubscriptionsAround } from "../views/explain.ts";

/** An operator's action on one subject, with the id of the form that submitted it. */
export interface ManualActionRequest {
  actionId: string;
  /** Hash of the form's values. The same `actionId` with another hash is another action. */
  requestHash: string;
  action: ManualAction | { type: "undo"; sequence: number };
  /** Grants only: the project's settings of signals. The customer may not know them yet. */
  signals?: SignalSettings | null;
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
  subscriptions: SubscriptionsAround;
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
  const present = applyClock(store.state(), head.at, at);
  const state = { head, ...learnSignals(present, request.signals ?? null) };
  const decision = decideManualAction(state, action, toManualContext(identity, request), at);
  return decision.outcome === "refused" ? decision : buildPreview(state, identity, action, decision, at);
}

/** Returns the state with the settings that an action's entry finds. */
function learnSignals(state: SubjectState, settings: SignalSettings | null): SubjectState {
  const record =
    settings === null ? null : mergeSignals(readSignalRecord(state), { type: "signals", settings });
  return record === null ? state : applyEntry(state, { touched: [], records: [record] });
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
  const entry = { ...draft, sequence: state.head.sequence + 1, at };
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
    subscriptions: findSubscriptionsAround(state, after),
    events: [
      ...buildOutboundEvents(identity, state, entry),
      ...previewSignals(identity, state, after, entry),
    ],
  };
}

/** Lists the signals that the entry itself causes. Those by time alone are sent without it too. */
function previewSignals(
  identity: SubjectIdentity,
  state: StateAtHead,
  after: SubjectState,
  entry: LedgerEntry,
): OutboundEventDraft[] {
  const { sequence, at } = entry;
  const since = { sequence: state.head.sequence, at };
  const flips = findEntrySignals(identity, state, after, since, entry, toSignalDecisionId(identity));
  const found = findEntryNotices({ state, at, isQuiet: true }, after, entry);
  return [
    ...flips.filter((signal) => signal.sequence === sequence).map(({ event }) => event),
    ...(found?.notices ?? []).map((notice) =>
      buildNoticeEvent(identity, notice, after.entitlements, { entry, sequence }),
    ),
  ];
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
