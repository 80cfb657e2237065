import { expect, it } from "vitest";
import { decideAccess } from "../../../shared/domain/decision.ts";
import { applyEntry, type LedgerEntry } from "../../../shared/domain/ledger.ts";
import { decideManual, type ManualAction, manualDraft } from "../../../shared/domain/manual-action.ts";
import { Merger } from "./merge-event.ts";
import { StripeModel } from "./stripe-model.ts";

const context = { entitlementIdOf: (source: string) => `ent_${source}`, actionId: "action" };

/** A subscriber in their second period, whose subscription an operator revoked. */
function revokedSubscriber() {
  const model = new StripeModel("current");
  const merger = new Merger(model);
  const tell = () => {
    for (const { event, subscriptionsThen } of model.events)
      merger.merge(
        event,
        (id) => ({ subscription: subscriptionsThen.get(id) ?? {}, at: event.created * 1_000 }),
        model.nowMs,
      );
  };
  const access = () => decideAccess(merger.state.entitlements.values(), model.nowMs);
  model.play({ do: "subscribe", trial: false });
  model.play({ do: "wait", seconds: 60 });
  model.play({ do: "renew", paid: true });
  model.play({ do: "wait", seconds: 60 });
  tell();
  expect(access().allowed).toBe(true);
  const [entitlementId = ""] = merger.state.entitlements.keys();
  const action: ManualAction = { type: "revoke", entitlementId };
  const decision = decideManual(merger.state, action, context, model.nowMs);
  if (decision.outcome !== "change") throw new Error(decision.code);
  const draft = manualDraft(decision, {
    reason: "abuse: shares the account",
    actor: "opr_1",
    cause: { type: "operator", actorName: "Ada", action, undoes: null },
    idempotency: null,
  });
  const entry: LedgerEntry = { ...draft, sequence: 99, at: model.nowMs };
  merger.state = applyEntry(merger.state, entry);
  return { model, merger, tell, access, entry };
}

it("a revoked subscription stays revoked when everything that Stripe said is told again", () => {
  const { tell, access } = revokedSubscriber();
  tell();
  expect(access()).toMatchObject({ allowed: false, reason: "revoked" });
});

it("a revoked subscription stays revoked when Stripe changes something else about it", () => {
  const { model, tell, access } = revokedSubscriber();
  model.play({ do: "cancel_at_period_end", on: true });
  model.play({ do: "cancel_at_period_end", on: false });
  tell();
  expect(access()).toMatchObject({ allowed: false, reason: "revoked" });
});

it("a revoked subscription is back when a later period is paid", () => {
  const { model, tell, access } = revokedSubscriber();
  model.play({ do: "renew", paid: true });
  tell();
  expect(access().allowed).toBe(true);
});

it("undoing a revocation gives back what Stripe says by then", () => {
  const { model, merger, tell, access, entry } = revokedSubscriber();
  const undo = () => {
    const decision = decideManual(merger.state, { type: "undo", entry }, context, model.nowMs);
    if (decision.outcome !== "change") throw new Error(decision.code);
    return applyEntry(merger.state, { touched: decision.touched, records: [] });
  };
  expect(decideAccess(undo().entitlements.values(), model.nowMs).allowed).toBe(true);
  model.play({ do: "cancel" });
  tell();
  expect(access()).toMatchObject({ allowed: false, reason: "subscription_ended" });
});
