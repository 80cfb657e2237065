import { z } from "zod";
import { laterStatuses, moveDispute, openDispute, openingStatuses } from "../payments/dispute.ts";
import { findCharge } from "../payments/refund.ts";
import { type Control, currencyCode, openObjectContext, readBody } from "./control.ts";

const createBody = z.strictObject({
  payment_intent: z.string(),
  amount: z.int().min(1).optional(),
  currency: currencyCode.optional(),
  status: z.enum(openingStatuses).optional(),
});

export const controlNewDispute: Control = (world, json) => {
  const { payment_intent, amount, currency, status = "needs_response" } = readBody(createBody, json);
  const context = openObjectContext(world, "payment_intent", payment_intent);
  const charge = findCharge(context, { payment_intent });
  return { reply: { dispute: openDispute(context, charge, { amount, currency, status }) } };
};

const moveBody = z.strictObject({ status: z.enum(laterStatuses) });

export const controlDispute: Control = (world, json, id) => {
  const { status } = readBody(moveBody, json);
  const context = openObjectContext(world, "dispute", id);
  return { reply: { dispute: moveDispute(context, context.objects.get("dispute", id), status) } };
};
