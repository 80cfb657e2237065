import { currentState, type Subscription, type Truth } from "./truth.ts";
import type { EmittedEvent } from "./world.ts";

const begin = 1_700_000_000;

/** Returns the time since the begin of the history, such as `d30 00:00:05`. */
export function describeTime(seconds: number): string {
  const since = seconds - begin;
  const clock = new Date(Math.max(0, since % 86_400) * 1_000).toISOString().slice(11, 19);
  return `d${Math.floor(since / 86_400)} ${clock}`;
}

/** Describes a history for the reader of a failed test: what was paid, taken back and changed. */
export function describeHistory(truth: Truth, events: readonly EmittedEvent[]): string {
  return [
    ...truth.subscriptions.flatMap(describeSubscription),
    ...truth.invoices.flatMap((invoice) => [
      `${invoice.id} of ${invoice.subscriptionId}: due ${invoice.amountDue}, paid ${invoice.amountPaid} ${
        invoice.paidAt === null ? "(open)" : `at ${describeTime(invoice.paidAt)}`
      }`,
      ...invoice.lines.map(
        (line) =>
          `  ${line.amount} (discount ${line.discount}) ${line.itemId ?? "one-off"} ${line.price} x${line.quantity} ` +
          `${describeTime(line.start)} .. ${describeTime(line.end)}${line.isTrial ? " trial" : ""}`,
      ),
    ]),
    ...truth.purchases.map(
      ({ sessionId, kind, paidAt, payment }) =>
        `${sessionId}: ${kind}, ${payment.id} ${paidAt === null ? "not paid" : describeTime(paidAt)}`,
    ),
    ...truth.payments.map(({ id, invoiceId, amount, currency, refunds, disputes }) => {
      const reversals = [...refunds, ...disputes].map(
        (each) =>
          `${each.id} ${each.amount} ${each.currency} ${each.status} at ${describeTime(each.createdAt)}`,
      );
      return `${id} of ${invoiceId ?? "a purchase"}: ${amount} ${currency}; ${reversals.join("; ")}`;
    }),
    ...truth.operatorActions.map(
      (each) => `operator: ${each.type} ${each.productCode} ${describeTime(each.at)}`,
    ),
    `events: ${events.map(({ event }) => `${event.type}@${describeTime(event.created)}`).join(", ")}`,
  ].join("\n");
}

function describeSubscription(subscription: Subscription): string[] {
  const { checkout, id, states } = subscription;
  const { status } = currentState(subscription);
  return [
    `${id}: ${status}, ${checkout === null ? "not ours" : `sold ${checkout.productCode} on ${checkout.itemId}`}`,
    ...states.map((state) => {
      const items = state.items.map(
        (item) => `${item.id} ${item.price} x${item.quantity} until ${describeTime(item.periodEnd)}`,
      );
      const marks = [
        state.cancelAtPeriodEnd ? "ends with the period" : "",
        state.cancelAt === null ? "" : `ends ${describeTime(state.cancelAt)}`,
        state.isCollectionPaused ? "collection paused" : "",
      ].filter((mark) => mark !== "");
      return `  ${[describeTime(state.at), state.status, ...items, ...marks].join(", ")}`;
    }),
  ];
}
