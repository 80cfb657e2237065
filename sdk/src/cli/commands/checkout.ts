import type { CheckoutReply } from "../../contract.ts";
import { type CommandContext, call } from "../command.ts";

/** `licenzy checkout`: creates a Stripe Checkout session. It grants nothing until it is paid. */
export async function checkout(
  context: CommandContext,
  subjectRef: string,
  productCode: string,
  { eventId }: { eventId?: string },
): Promise<void> {
  const reply = await call<CheckoutReply>(context, ({ licenzy }) =>
    licenzy.checkout.create({ subjectRef, productCode }, eventId === undefined ? {} : { eventId }),
  );
  context.output.result(reply, [
    `${reply.checkoutUrl}`,
    `Checkout ${reply.attemptId} in ${reply.mode} mode${reply.replayed ? " (created before)" : ""}. Pay it in a browser, then run: licenzy check ${subjectRef}`,
  ]);
}
