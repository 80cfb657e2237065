import { z } from "zod";
import { settleAsyncPayment } from "../payments/settle-async-payment.ts";
import { type Control, openObjectContext, readBody } from "./control.ts";

const body = z.strictObject({ async: z.enum(["succeeded", "failed"]) });

export const controlPayment: Control = (world, json, id) => {
  const { async: outcome } = readBody(body, json);
  const context = openObjectContext(world, "payment_intent", id);
  const intent = settleAsyncPayment(context, context.objects.get("payment_intent", id), outcome);
  return { reply: { payment_intent: intent } };
};
