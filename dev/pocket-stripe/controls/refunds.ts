import { z } from "zod";
import { createRefund, findCharge, finishRefund } from "../payments/refund.ts";
import { type Control, currencyCode, openObjectContext, readBody } from "./control.ts";

const createBody = z.strictObject({
  payment_intent: z.string(),
  amount: z.int().min(1).optional(),
  currency: currencyCode.optional(),
  // Real refunds fail days later. Here they fail at once, after the events of their creation.
  // biome-ignore lint/suspicious/noThenProperty: the control's field name; the object is never awaited.
  then: z.literal("failed").optional(),
});

export const controlNewRefund: Control = (world, json) => {
  const { payment_intent, amount, currency, then } = readBody(createBody, json);
  const context = openObjectContext(world, "payment_intent", payment_intent);
  const order = { amount, currency, reason: "requested_by_customer" as const, metadata: {} };
  const refund = createRefund(context, findCharge(context, { payment_intent }), order);
  return { reply: { refund: then === undefined ? refund : finishRefund(context, refund, then) } };
};

const finishBody = z.strictObject({ status: z.enum(["succeeded", "failed"]) });

export const controlRefund: Control = (world, json, id) => {
  const { status } = readBody(finishBody, json);
  const context = openObjectContext(world, "refund", id);
  return { reply: { refund: finishRefund(context, context.objects.get("refund", id), status) } };
};
