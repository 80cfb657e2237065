import { getSignedCookie } from "hono/cookie";
import { readOperator } from "../db/operators.ts";
import { getOrigin, type PortalContext } from "../request-context.ts";
import type { Identity } from "./sign-in-audit.ts";
import { createSignInService } from "./sign-in-service.ts";

/**
 * The challenge between password and code: better-auth makes it when the password of an operator with a
 * second factor was right. Its cookie names a row of `sign_in_verifications` that lasts ten minutes.
 */

/** Returns the operator that this browser has to enter a code for, or `null`. */
export async function readChallenge(c: PortalContext): Promise<Identity | null> {
  const { identifier, internalAdapter } = await openChallenge(c);
  if (identifier === null) return null;
  const found = await internalAdapter.findVerificationValue(identifier);
  if (found === null || found.expiresAt.getTime() <= Date.now()) return null;
  return readOperator(c.env.DB, found.value);
}

/** Uses up the challenge, once. Returns whether this request did. */
export async function consumeChallenge(c: PortalContext, operatorId: string): Promise<boolean> {
  const { identifier, internalAdapter } = await openChallenge(c);
  if (identifier === null) return false;
  const consumed = await internalAdapter.consumeVerificationValue(identifier);
  return consumed?.value === operatorId;
}

async function openChallenge(c: PortalContext) {
  const context = await createSignInService(c.env, getOrigin(c)).$context;
  const { name } = context.createAuthCookie("two_factor");
  const value = await getSignedCookie(c, c.env.SIGN_IN_SECRET, name);
  return {
    identifier: typeof value === "string" ? value : null,
    internalAdapter: context.internalAdapter,
  };
}
