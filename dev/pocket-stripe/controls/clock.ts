import { z } from "zod";
import { invalidRequest } from "../errors.ts";
import { nextTimer } from "../timers.ts";
import { type Control, readBody } from "./control.ts";

const body = z.strictObject({ now: z.int().min(0) });

/** The gateway rounds, and this worker reads the clock slightly later. */
const toleranceSeconds = 2;

/**
 * Confirms that the gateway moved the clock. Due timers have already run, as before every request. This
 * checks that both workers use the same clock; otherwise the order of events is undefined.
 *
 * `next_due` is the time of the next timer of any account in seconds, or null.
 */
export const controlClock: Control = (world, json) => {
  const { now } = readBody(body, json);
  if (now > world.now + toleranceSeconds) {
    throw invalidRequest(
      `The clock of DEV is at ${world.now}, which is before ${now}. Move that clock first.`,
      {
        param: "now",
      },
    );
  }
  // `settle`: another request may have seen the new time first and be sending the due events.
  const nextDue = nextTimer(world.storage.sql)?.at ?? null;
  return { reply: { now: world.now, next_due: nextDue }, settle: true };
};
