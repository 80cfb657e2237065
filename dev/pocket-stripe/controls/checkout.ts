import { z } from "zod";
import { invalidRequest } from "../errors.ts";
import { completeSession } from "../payments/complete-session.ts";
import { expireSession } from "../payments/expire-session.ts";
import { type Control, openObjectContext, readBody } from "./control.ts";

const body = z.strictObject({
  outcome: z.enum(["paid", "unpaid", "expired"]),
  email: z.string().optional(),
  name: z.string().max(256).optional(),
});

export const controlCheckout: Control = (world, json, id) => {
  const { outcome, ...payer } = readBody(body, json);
  const context = openObjectContext(world, "checkout.session", id);
  const session = context.objects.get("checkout.session", id);
  if (outcome !== "expired") return { reply: { session: completeSession(context, session, outcome, payer) } };
  if (session.status !== "open")
    throw invalidRequest(`This Checkout Session is ${session.status}, not open.`);
  return { reply: { session: expireSession(context, session) } };
};
