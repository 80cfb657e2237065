import { sha256Hex } from "../../../shared/kit/hash.ts";
import { clearSignInAttempts, countSignInAttempt, type SignInAttemptLimit } from "../db/sign-in-throttles.ts";
import { getIpAddress, type PortalContext } from "../request-context.ts";

/**
 * Limits login attempts per 15 minutes: 10 for one email from one IP, 50 for one email, and 200 from one
 * IP. The second limit is high so that a stranger can't easily lock an operator out.
 */
function buildLimits(c: PortalContext, email: string): SignInAttemptLimit[] {
  const person = sha256Hex(email.toLowerCase()).slice(0, 32);
  const ip = getIpAddress(c) ?? "unknown";
  return [
    { name: `person:${person}:${ip}`, max: 10 },
    { name: `person:${person}`, max: 50 },
    { name: `ip:${ip}`, max: 200 },
  ];
}

export const tooManyAttempts = "Too many tries. Wait 15 minutes, then try again.";

export async function isLoginAllowed(c: PortalContext, email: string): Promise<boolean> {
  return countSignInAttempt(c.env.DB, buildLimits(c, email), Date.now());
}

export async function clearLoginFailures(c: PortalContext, email: string): Promise<void> {
  await clearSignInAttempts(c.env.DB, buildLimits(c, email));
}
