import { type CommandContext, call } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";

/** `licenzy check`: exits with 0 if the customer may proceed, and 1 if not. */
export async function check(
  context: CommandContext,
  subjectRef: string,
  { product }: { product?: string[] },
): Promise<void> {
  const reply = await call<{ allowed: boolean; reason?: string | undefined }>(context, ({ licenzy }) =>
    product === undefined
      ? licenzy.access.check(subjectRef)
      : licenzy.access.checkProducts(subjectRef, product),
  );
  const answer = reply.allowed ? "Allowed" : `Denied: ${reply.reason}`;
  context.output.result(reply, [`${answer} (${reply.decisionId})`]);
  if (!reply.allowed) context.setExitCode(exitCodes.no);
}
