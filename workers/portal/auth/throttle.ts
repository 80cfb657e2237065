import { d1 } from "../../../shared/db/deadline.ts";
import { forgetTries, mayTry, type TryLimit } from "../../../shared/db/throttle.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { addressOf, type PortalContext } from "../request-context.ts";

/**
 * Guessing a password is slow: ten tries in 15 minutes for one address at one place, fifty for one address from
 * anywhere (so that a stranger can't easily lock somebody out), two hundred from one place.
 */
function limitsOf(c: PortalContext, email: string): TryLimit[] {
  const person = sha256Hex(email.toLowerCase()).slice(0, 32);
  const from = addressOf(c) ?? "unknown";
  return [
    { name: `person:${person}:${from}`, most: 10 },
    { name: `person:${person}`, most: 50 },
    { name: `place:${from}`, most: 200 },
  ];
}

export const triedTooOften = "Too many tries. Wait 15 minutes, then try again.";

export async function mayGuess(c: PortalContext, email: string): Promise<boolean> {
  return d1(mayTry(c.env.DB, limitsOf(c, email), Date.now()));
}

export async function guessedRight(c: PortalContext, email: string): Promise<void> {
  await d1(forgetTries(c.env.DB, limitsOf(c, email)));
}
