import { z } from "zod";
import { invalidRequest } from "../errors.ts";
import { nextTimer } from "../timers.ts";
import { type Control, readBody } from "./control.ts";

const body = z.strictObject({ now: z.int().min(0) });

/** The gateway rounds and we read the clock a little later. */
const toleranceSeconds = 2;

/**
 * The gateway says that the clock was moved. What fell due was done already, as before every request; this only makes
 * sure that both mean the same clock, because nobody could tell the order of events otherwise.
 * `next_due` is the second at which the next thing falls due, of whatever account, or null.
 */
export const controlClock: Control = (world, json) => {
  const { now } = readBody(body, json);
  if (now > world.now + toleranceSeconds) {
    throw invalidRequest(`DEV says that it is ${world.now}, which is before ${now}: move its clock first.`, {
      param: "now",
    });
  }
  // Another request may have seen the new time first, and be sending what fell due.
  const nextDue = nextTimer(world.storage.sql)?.at ?? null;
  return { reply: { now: world.now, next_due: nextDue }, settle: true };
};
