import { buildManualEntry, decideManualAction } from "../../../shared/domain/decide-manual-action.ts";
import type { ManualAction } from "../../../shared/domain/ledger.ts";
import { Merger } from "./merge-event.ts";
import type { OperatorAction } from "./model/truth.ts";
import type { EmittedEvent } from "./model/world.ts";
import type { StripeModel } from "./stripe-model.ts";

/** Merges each event when it happens. A read then returns the subscription of that moment. */
export function deliverInOrder(model: StripeModel, graceDays?: number): Merger {
  const merger = new Merger(model, graceDays);
  const { operatorActions } = model.truth;
  for (const [index, emitted] of model.events.entries()) {
    for (const action of operatorActions) if (action.afterEvents === index) operate(merger, action);
    const { event, subscriptionsThen } = emitted;
    const at = event.created * 1_000;
    merger.merge(event, (id) => ({ subscription: subscriptionsThen.get(id) ?? {}, at }), at);
  }
  for (const action of operatorActions)
    if (action.afterEvents === model.events.length) operate(merger, action);
  return merger;
}

/**
 * Merges all events late, in any order, some twice. A read returns the final subscription. An
 * operator acts after the earlier events: these are delivered first, and again among the later ones.
 */
export function deliverShuffled(
  model: StripeModel,
  end: number,
  order: Iterable<number>,
  graceDays?: number,
): Merger {
  const merger = new Merger(model, graceDays);
  const keys = order[Symbol.iterator]();
  const next = (): number => keys.next().value ?? 0;
  let delivered = 0;
  const deliver = (count: number, now: number) => {
    const known = model.events[count - 1]?.subscriptionsThen;
    const repeated = model.events.slice(0, delivered).filter(() => next() % 3 === 0);
    for (const { event } of shuffle([...repeated, ...model.events.slice(delivered, count)], next))
      merger.merge(event, (id) => ({ subscription: known?.get(id) ?? {}, at: now }), now);
    delivered = count;
  };
  for (const action of model.truth.operatorActions) {
    deliver(action.afterEvents, action.at * 1_000);
    operate(merger, action);
  }
  deliver(model.events.length, end);
  return merger;
}

/** Repeats some events, and sorts all by random keys. */
function shuffle(events: readonly EmittedEvent[], next: () => number): EmittedEvent[] {
  const copies = events.flatMap((event) => Array.from({ length: 1 + (next() % 2) }, () => event));
  return copies
    .map((event) => ({ event, key: next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ event }) => event);
}

/** Revokes what the subscription grants of the product, or lifts all holds on it. */
function operate(merger: Merger, { type, subscriptionId, productCode, at }: OperatorAction): void {
  const entitlement = [...merger.state.entitlements.values()].find(
    (each) => each.purchase?.subscriptionId === subscriptionId && each.productCode === productCode,
  );
  if (entitlement === undefined) throw new Error(`${subscriptionId} has no entitlement of ${productCode}`);
  const { entitlementId, holds } = entitlement;
  if (type === "revoke") act(merger, { type: "revoke", entitlementId }, at * 1_000);
  else
    for (const { causeId } of holds) act(merger, { type: "lift_hold", entitlementId, causeId }, at * 1_000);
}

function act(merger: Merger, action: ManualAction, now: number): void {
  const context = { deriveEntitlementId: (source: string) => `ent_${source}`, actionId: "action" };
  const decision = decideManualAction(merger.state, action, context, now);
  if (decision.outcome !== "change") throw new Error(`${action.type}: ${decision.code}`);
  const draft = buildManualEntry(decision, {
    reason: "abuse: shares the account",
    actor: "opr_1",
    cause: { type: "operator", actorName: "Ada", action, undoes: null },
    idempotency: null,
  });
  merger.apply(draft, now);
}
