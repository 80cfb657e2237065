import { describe, expect, it } from "vitest";
import { buildManualEntry, decideManualAction } from "../../../shared/domain/decide-manual-action.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import { applyEntry, type LedgerEntry, type ManualAction } from "../../../shared/domain/ledger.ts";
import { Merger } from "./merge-event.ts";
import { renew, subscribe } from "./model/steps.ts";
import { StripeModel } from "./stripe-model.ts";

const context = { deriveEntitlementId: (source: string) => `ent_${source}`, actionId: "action" };

/** Returns a subscriber in the second period after an operator revoked the subscription. */
function revokedSubscriber() {
  const model = new StripeModel("current");
  const merger = new Merger(model);
  const deliverAll = () => {
    for (const { event, subscriptionsThen } of model.events)
      merger.merge(
        event,
        (id) => ({ subscription: subscriptionsThen.get(id) ?? {}, at: event.created * 1_000 }),
        model.nowMs,
      );
  };
  const access = () => decideAccess(merger.state.entitlements.values(), model.nowMs);
  model.play(subscribe());
  model.play({ do: "wait", seconds: 60 });
  model.play(renew());
  model.play({ do: "wait", seconds: 60 });
  deliverAll();
  expect(access().allowed).toBe(true);
  const [entitlementId = ""] = merger.state.entitlements.keys();
  const action: ManualAction = { type: "revoke", entitlementId };
  const decision = decideManualAction(merger.state, action, context, model.nowMs);
  if (decision.outcome !== "change") throw new Error(decision.code);
  const draft = buildManualEntry(decision, {
    reason: "abuse: shares the account",
    actor: "opr_1",
    cause: { type: "operator", actorName: "Ada", action, undoes: null },
    idempotency: null,
  });
  const entry: LedgerEntry = { ...draft, sequence: 99, at: model.nowMs };
  merger.state = applyEntry(merger.state, entry);
  return { model, merger, deliverAll, access, entry };
}

describe("revoked subscription", () => {
  it("a revoked subscription stays revoked when all Stripe events are delivered again", () => {
    const { deliverAll, access } = revokedSubscriber();
    deliverAll();
    expect(access()).toMatchObject({ allowed: false, reason: "revoked" });
  });

  it("a revoked subscription stays revoked when Stripe changes something else about it", () => {
    const { model, deliverAll, access } = revokedSubscriber();
    model.play({ do: "cancel_at_period_end", on: 0, value: true });
    model.play({ do: "cancel_at_period_end", on: 0, value: false });
    deliverAll();
    expect(access()).toMatchObject({ allowed: false, reason: "revoked" });
  });

  it("a revoked subscription grants access again when a later period is paid", () => {
    const { model, deliverAll, access } = revokedSubscriber();
    model.play(renew());
    deliverAll();
    expect(access().allowed).toBe(true);
  });

  it("undoing a revocation restores the access that Stripe reports at that time", () => {
    const { model, merger, deliverAll, access, entry } = revokedSubscriber();
    const undo = () => {
      const decision = decideManualAction(merger.state, { type: "undo", entry }, context, model.nowMs);
      if (decision.outcome !== "change") throw new Error(decision.code);
      return applyEntry(merger.state, { touched: decision.touched, records: [] });
    };
    expect(decideAccess(undo().entitlements.values(), model.nowMs).allowed).toBe(true);
    model.play({ do: "cancel", on: 0 });
    deliverAll();
    expect(access()).toMatchObject({ allowed: false, reason: "subscription_ended" });
  });
});
