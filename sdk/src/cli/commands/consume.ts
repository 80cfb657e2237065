import { CliError } from "../cli-error.ts";
import { type CommandContext, call } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";

/** `licenzy consume`: spends units. */
export async function consume(
  context: CommandContext,
  subjectRef: string,
  unitsText: string,
  { eventId }: { eventId?: string },
): Promise<void> {
  if (!/^[1-9]\d{0,14}$/.test(unitsText))
    throw new CliError(exitCodes.usage, "invalid_argument", "<units> must be a whole number from 1.");
  const units = Number(unitsText);
  const reply = await call<{ consumed: number; usageRemaining: number }>(context, ({ licenzy }) =>
    licenzy.usage.consume(subjectRef, units, eventId === undefined ? {} : { eventId }),
  );
  const repeated = reply.replayed ? " Already consumed with this event id: nothing was spent again." : "";
  context.output.result(reply, [
    `Consumed ${reply.consumed} units, ${reply.usageRemaining} left.${repeated}`,
  ]);
}
