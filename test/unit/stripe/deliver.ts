import { buildManualEntry, decideManualAction } from "../../../shared/domain/decide-manual-action.ts";
import type { TermsFact } from "../../../shared/domain/decide-stripe.ts";
import type { Hold } from "../../../shared/domain/entitlement.ts";
import type { ManualAction } from "../../../shared/domain/ledger.ts";
import { Merger } from "./merge-event.ts";
import type { OperatorAction } from "./model/truth.ts";
import type { EmittedEvent } from "./model/world.ts";
import type { StripeModel } from "./stripe-model.ts";

/** Merges each event when it happens. A read then returns the subscription of that moment. */
export function deliverInOrder(model: StripeModel, graceDays?: number, includes?: TermsFact[]): Merger {
  const merger = new Merger(model, graceDays, includes);
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
 * Merges all events late, in any order, some twice, with reads of the purchases and expiries between them. A
 * read returns the final subscription. An operator acts when some earlier events have not arrived: these
 * follow among the later ones. What the operator acts on has arrived.
 */
export function deliverShuffled(
  model: StripeModel,
  end: number,
  order: Iterable<number>,
  graceDays?: number,
  includes?: TermsFact[],
): Merger {
  const merger = new Merger(model, graceDays, includes);
  const keys = order[Symbol.iterator]();
  const next = (): number => keys.next().value ?? 0;
  let waiting: EmittedEvent[] = [];
  let arrived: EmittedEvent[] = [];
  const deliver = (events: EmittedEvent[], count: number, now: number) => {
    const known = model.events[count - 1]?.subscriptionsThen;
    const repeated = arrived.filter(() => next() % 3 === 0);
    for (const { event } of shuffle([...repeated, ...events], next)) {
      if (next() % 6 === 0) merger.readPurchases(now, next() % 2 === 0);
      if (next() % 6 === 0) merger.expire(now);
      merger.merge(event, (id) => ({ subscription: known?.get(id) ?? {}, at: now }), now);
    }
    arrived = [...arrived, ...events];
  };
  let last = 0;
  for (const action of model.truth.operatorActions) {
    const { afterEvents } = action;
    const now = action.at * 1_000;
    const due = [...waiting, ...model.events.slice(last, afterEvents)];
    const late = new Set(due.filter(() => next() % 3 === 0));
    deliver(
      due.filter((event) => !late.has(event)),
      afterEvents,
      now,
    );
    waiting = [...late];
    if (!canOperate(model, merger, action)) {
      deliver(waiting, afterEvents, now);
      waiting = [];
    }
    operate(merger, action);
    last = afterEvents;
  }
  deliver([...waiting, ...model.events.slice(last)], model.events.length, end);
  return merger;
}

/**
 * Merges all events late, in any order, some twice, and an import at one place among them. It read Stripe when the first
 * `events` of them had happened.
 */
export function deliverWithImport(
  model: StripeModel,
  end: number,
  order: Iterable<number>,
  { events, place }: { events: number; place: number },
): Merger {
  const merger = new Merger(model);
  const keys = order[Symbol.iterator]();
  const known = model.events.at(-1)?.subscriptionsThen;
  const delivered = shuffle(model.events, () => keys.next().value ?? 0);
  const at = place % (delivered.length + 1);
  for (const [index, { event }] of delivered.entries()) {
    if (index === at) merger.adopt(model.events.slice(0, events), end);
    merger.merge(event, (id) => ({ subscription: known?.get(id) ?? {}, at: end }), end);
  }
  if (at === delivered.length) merger.adopt(model.events.slice(0, events), end);
  return merger;
}

/** Returns whether the operator sees what would be there if all events had arrived in order. */
function canOperate(model: StripeModel, merger: Merger, action: OperatorAction): boolean {
  const inOrder = new Merger(model);
  for (const { event, subscriptionsThen } of model.events.slice(0, action.afterEvents)) {
    const at = event.created * 1_000;
    inOrder.merge(event, (id) => ({ subscription: subscriptionsThen.get(id) ?? {}, at }), at);
  }
  const [seen, expected] = [merger, inOrder].map((each) => findEntitlement(each, action));
  if (seen === undefined || expected === undefined || seen.status !== expected.status) return false;
  // An operator can lift a hold on a payment only if some hold on it has been placed.
  const toInvoice = ({ causeId }: Hold) =>
    model.truth.payments.find(
      ({ id, disputes }) => id === causeId || disputes.some((each) => each.id === causeId),
    )?.invoiceId;
  const lifted = new Set(seen.holds.map(toInvoice));
  return expected.holds.every((hold) => lifted.has(toInvoice(hold)));
}

/** Repeats some events, and sorts all by random keys. */
function shuffle(events: readonly EmittedEvent[], next: () => number): EmittedEvent[] {
  const copies = events.flatMap((event) => Array.from({ length: 1 + (next() % 2) }, () => event));
  return copies
    .map((event) => ({ event, key: next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ event }) => event);
}

const findEntitlement = (merger: Merger, { subscriptionId, productCode }: OperatorAction) =>
  [...merger.state.entitlements.values()].find(
    (each) => each.purchase?.subscriptionId === subscriptionId && each.productCode === productCode,
  );

/** Revokes what the subscription grants of the product, or lifts all holds on it. */
function operate(merger: Merger, action: OperatorAction): void {
  const { type, subscriptionId, productCode, at } = action;
  const entitlement = findEntitlement(merger, action);
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
