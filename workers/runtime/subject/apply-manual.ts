import { usageRemaining } from "../../../shared/domain/consume.ts";
import { applyEntry } from "../../../shared/domain/ledger.ts";
import { decideManual } from "../../../shared/domain/manual-action.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { keepAudit } from "./audit-outbox.ts";
import { change } from "./change.ts";
import {
  contextOf,
  describe,
  entryOf,
  keyOf,
  type ManualCommand,
  type ManualPreview,
  type ManualRefused,
  resolveAction,
  restsOn,
} from "./manual.ts";
import type { SubjectStore } from "./store.ts";

export type ManualResult =
  /** `repeated`: this form, or the undo of this entry, was done before; nothing was done now. */
  | { outcome: "applied"; sequence: number; at: number; repeated: boolean }
  | ManualRefused
  /** The form's id was used for another action. */
  | { outcome: "form_used" }
  /** What the preview rested on has changed; `preview` is how it would be now. */
  | { outcome: "moved"; preview: ManualPreview };

/**
 * Decides and writes one action of an operator, with its audit entry: both or none. The caller arms the outbox right
 * after, without an `await` between.
 */
export function applyManual(
  storage: DurableObjectStorage,
  store: SubjectStore,
  identity: SubjectIdentity,
  command: ManualCommand,
  now: number,
): ManualResult {
  const action = resolveAction(store, command);
  if ("outcome" in action) return action;
  const { decision, head, at } = change(storage, store, identity, now, (_state, at) => {
    const earlier = store.answeredRequest("portal/action", keyOf(command));
    if (earlier !== null) return { outcome: "repeated" as const, earlier };
    const state = store.state();
    const decided = decideManual(state, action, contextOf(identity, command), at);
    if (decided.outcome === "refused") return decided;
    const { fingerprint } = command;
    if (fingerprint !== null && fingerprint !== restsOn(state, action, decided.touched, at))
      return { outcome: "moved" as const, preview: describe(state, identity, action, decided, at) };
    const after = applyEntry(state, { touched: decided.touched, records: [] });
    const draft = entryOf(command, decided, usageRemaining(after.entitlements.values(), at));
    return { outcome: "change" as const, draft };
  });
  switch (decision.outcome) {
    case "change":
      if (command.audit !== null) keepAudit(storage.sql, head.sequence, command.audit);
      return { outcome: "applied", sequence: head.sequence, at, repeated: false };
    case "repeated": {
      const { earlier } = decision;
      if (earlier.requestHash !== command.requestHash) return { outcome: "form_used" };
      return { outcome: "applied", sequence: earlier.sequence, at: earlier.at, repeated: true };
    }
    case "refused":
    case "moved":
      return decision;
  }
}
