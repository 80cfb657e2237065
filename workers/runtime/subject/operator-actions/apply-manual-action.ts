import { decideManualAction } from "../../../../shared/domain/decide-manual-action.ts";
import { decideStripe } from "../../../../shared/domain/decide-stripe.ts";
import { applyEntry } from "../../../../shared/domain/ledger.ts";
import { getUsageRemaining } from "../../../../shared/domain/lots.ts";
import type { SignalSettings } from "../../../../shared/domain/signal-settings.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { changeSubject } from "../ledger/change-subject.ts";
import { toStripeContext } from "../preview-stripe.ts";
import { storeAudit } from "../storage/audit-entries.ts";
import type { SubjectStore } from "../storage/store.ts";
import {
  actionKey,
  buildEntryDraft,
  buildPreview,
  isOutdated,
  type ManualActionCommand,
  type ManualActionPreview,
  type ManualActionRefused,
  previewManual,
  resolveAction,
  toManualContext,
} from "./manual-action.ts";

export type ManualActionResult =
  /** `repeated`: this form, or the undo of this entry, was applied earlier; this call changed nothing. */
  | { outcome: "applied"; sequence: number; at: number; repeated: boolean }
  | ManualActionRefused
  /** The form's id was already used for another action. */
  | { outcome: "already_submitted" }
  /** The state that the preview depends on has changed; `preview` is the current one. */
  | { outcome: "preview_outdated"; preview: ManualActionPreview };

/** An unknown customer is registered only for an action that will change something. Returns why it will not. */
export function refuseUnregistered(
  store: SubjectStore,
  identity: SubjectIdentity,
  command: ManualActionCommand,
  at: number,
): ManualActionResult | null {
  if (store.isCreated()) return null;
  const preview = previewManual(store, identity, command, at);
  if (preview.outcome === "refused") return preview;
  const isChanged = command.fingerprint !== null && command.fingerprint !== preview.fingerprint;
  return isChanged ? { outcome: "preview_outdated", preview } : null;
}

/** Merges the settings of signals first, as a separate entry: the action's entry is compared with them. */
function learnSignals(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  settings: SignalSettings,
  now: number,
): void {
  const cause = { type: "signal_settings" as const, id: String(settings.version) };
  const context = toStripeContext(identity, 0);
  changeSubject(storage, store, identity, now, (state, at) =>
    decideStripe(state, { type: "signals", settings }, cause, context, at),
  );
}

/**
 * Decides one action of an operator and writes its ledger entry and audit entry in one commit. The caller
 * arms the outbox right after, without an `await` in between.
 */
export function applyManual(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  command: ManualActionCommand,
  now: number,
): ManualActionResult {
  const action = resolveAction(store, command);
  if ("outcome" in action) return action;
  const { signals = null } = command;
  if (signals !== null) learnSignals(storage, store, identity, signals, now);
  const { decision, head, at } = changeSubject(storage, store, identity, now, (_state, at) => {
    const earlier = store.answeredRequest("portal/action", actionKey(command));
    if (earlier !== null) return { outcome: "repeated" as const, earlier };
    const state = store.state();
    const decided = decideManualAction(state, action, toManualContext(identity, command), at);
    if (decided.outcome === "refused") return decided;
    const { fingerprint } = command;
    if (fingerprint !== null && isOutdated(fingerprint, state, action, decided.touched, at)) {
      const preview = buildPreview(state, identity, action, decided, at);
      return { outcome: "preview_outdated" as const, preview };
    }
    const after = applyEntry(state, { ...decided, records: [] });
    const draft = buildEntryDraft(command, decided, getUsageRemaining(after.entitlements.values(), at));
    return { outcome: "change" as const, draft };
  });
  switch (decision.outcome) {
    case "change":
      if (command.audit !== null) storeAudit(storage.sql, head.sequence, command.audit);
      return { outcome: "applied", sequence: head.sequence, at, repeated: false };
    case "repeated": {
      const { earlier } = decision;
      if (earlier.requestHash !== command.requestHash) return { outcome: "already_submitted" };
      return { outcome: "applied", sequence: earlier.sequence, at: earlier.at, repeated: true };
    }
    case "refused":
    case "preview_outdated":
      return decision;
  }
}
