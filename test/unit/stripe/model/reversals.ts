import type { Action } from "./action.ts";
import type { Dispute, Payment, Refund } from "./truth.ts";
import { type Json, pick, type World } from "./world.ts";

type Do<Name extends Action["do"]> = Extract<Action, { do: Name }>;

export function refund(world: World, action: Do<"refund">): void {
  const payment = pick(world.truth.payments, action.payment);
  if (payment === undefined) return;
  const amount = Math.ceil((payment.amount * action.percent) / 100);
  const refundable = payment.amount - sumRefunds(payment);
  const isSame = action.currency === "same";
  const created: Refund = {
    id: world.id("re"),
    amount: isSame ? Math.min(amount, refundable) : amount,
    currency: isSame ? payment.currency : action.currency,
    createdAt: world.seconds,
    status: action.status,
  };
  if (created.amount <= 0) return;
  payment.refunds.push(created);
  world.emit("refund.created", buildRefund(created, payment));
}

/** Finishes a refund that is pending. A refund that succeeded can only fail later. */
export function finishRefund(world: World, action: Do<"finish_refund">): void {
  const all = world.truth.payments.flatMap((payment) => payment.refunds.map((each) => ({ payment, each })));
  const open = all.filter(({ each }) => {
    const next = action.status === "failed" ? ["pending", "requires_action", "succeeded"] : ["pending"];
    return next.includes(each.status);
  });
  const found = pick(open, action.refund);
  if (found === undefined) return;
  found.each.status = action.status;
  const type = action.status === "failed" ? "refund.failed" : "refund.updated";
  world.emit(type, buildRefund(found.each, found.payment));
}

export function dispute(world: World, action: Do<"dispute">): void {
  const payment = pick(world.truth.payments, action.payment);
  if (payment === undefined) return;
  const opened: Dispute = {
    id: world.id("dp"),
    amount: Math.ceil((payment.amount * action.percent) / 100),
    currency: action.currency === "same" ? payment.currency : action.currency,
    createdAt: world.seconds,
    status: action.status,
  };
  payment.disputes.push(opened);
  world.emit("charge.dispute.created", buildDispute(opened, payment));
  if (isClosed(opened)) world.emit("charge.dispute.closed", buildDispute(opened, payment));
}

/** Resolves an open dispute. An inquiry is only closed. */
export function resolve(world: World, action: Do<"resolve">): void {
  const all = world.truth.payments.flatMap((payment) => payment.disputes.map((each) => ({ payment, each })));
  const open = all.filter(({ each }) => !isClosed(each));
  const found = pick(open, action.dispute);
  if (found === undefined) return;
  const { each, payment } = found;
  const isInquiry = each.status.startsWith("warning");
  const status =
    isInquiry && action.status === "under_review"
      ? "warning_under_review"
      : isInquiry
        ? "warning_closed"
        : action.status;
  if (status === each.status) return;
  each.status = status;
  const type = isClosed(each) ? "charge.dispute.closed" : "charge.dispute.updated";
  world.emit(type, buildDispute(each, payment));
}

const isClosed = ({ status }: Dispute): boolean =>
  ["won", "lost", "warning_closed", "prevented"].includes(status);

function sumRefunds({ refunds, currency }: Payment): number {
  const counted = refunds.filter((each) => each.currency === currency && !isUndone(each));
  return counted.reduce((sum, { amount }) => sum + amount, 0);
}

const isUndone = ({ status }: Refund): boolean => status === "failed" || status === "canceled";

const buildReference = ({ id }: Payment) => ({ payment_intent: id, charge: id.replace("pi_", "ch_") });

function buildRefund({ createdAt, ...refund }: Refund, payment: Payment): Json {
  return { object: "refund", ...refund, created: createdAt, ...buildReference(payment) };
}

function buildDispute({ createdAt, ...dispute }: Dispute, payment: Payment): Json {
  return { object: "dispute", ...dispute, created: createdAt, ...buildReference(payment) };
}
