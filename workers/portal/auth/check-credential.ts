import { equalInConstantTime, sha256 } from "../../../shared/kit/hash.ts";
import { readPasswordHash } from "../db/sessions.ts";
import { isSetUp } from "../db/setup.ts";
import { type Counter, countAttempt, takeBackAttempt } from "../db/sign-in-throttles.ts";
import type { PortalEnv } from "../env.ts";
import { getOrigin, type PortalContext } from "../request-context.ts";
import { readKnownBrowser } from "./known-browser.ts";
import { signedInCodeCounters, signedInCounters, signInCodeCounters, signInCounters } from "./limits.ts";
import { verifyPassword } from "./password.ts";
import { recordRefusal } from "./record-refusal.ts";
import { type CodeKind, confirmWithCode, useCode } from "./second-factor.ts";
import type { Identity } from "./sign-in-audit.ts";
import { createSignInService } from "./sign-in-service.ts";

/**
 * Every check of a password or code of an operator, with its limit, and of the setup token. A check has no
 * other way in, and works only on a route that declares it (`checksCredential`), so that the table of routes
 * lists every place where one can be guessed.
 */
export type CredentialCheck<Right> =
  | { outcome: "right"; value: Right }
  | { outcome: "wrong" }
  | { outcome: "too_many" };

export const tooManyAttempts = "Too many attempts. Wait 15 minutes, then try again.";
export const wrongCode = "Incorrect code. Each code works once. Enter the next 6-digit code.";

/**
 * Checks email and password without a session. The value is better-auth's reply, which begins a session or a
 * challenge.
 */
export async function checkSignIn(c: PortalContext, email: string, password: string) {
  const counters = signInCounters(c, email, await readKnownBrowser(c, email));
  return check(c, email, counters, async () => {
    const { api } = createSignInService(c.env, getOrigin(c));
    // better-auth hashes the password of an unknown address too, so that the time reveals nothing.
    const reply = await api.signInEmail({
      body: { email, password },
      headers: c.req.raw.headers,
      asResponse: true,
    });
    return reply.ok ? reply : null;
  });
}

/** Checks a code of an operator while the sign-in is incomplete. */
export async function checkSignInCode(
  c: PortalContext,
  who: Identity,
  code: string,
): Promise<CredentialCheck<CodeKind>> {
  const browser = await readKnownBrowser(c, who.email);
  const counters = signInCodeCounters(c, who.operatorId, browser);
  return check(c, who.email, counters, () => useCode(c, who, code));
}

/** Checks the password of the signed-in operator. */
export function checkPassword(c: PortalContext, password: string): Promise<CredentialCheck<"password">> {
  const session = c.get("session");
  return check(c, session.email, signedInCounters(session), async () => {
    const hash = await readPasswordHash(c.env.DB, session.operatorId);
    return hash !== null && (await verifyPassword(password, hash)) ? "password" : null;
  });
}

/** Checks a code of the signed-in operator. */
export function checkCode(c: PortalContext, code: string): Promise<CredentialCheck<CodeKind>> {
  const session = c.get("session");
  return check(c, session.email, signedInCodeCounters(session), () => useCode(c, session, code));
}

/**
 * Checks what confirms that the signed-in operator is present: a code if there is a second factor, otherwise
 * the password. A password alone could otherwise give away the power that the second factor protects.
 */
export function checkProof(c: PortalContext, proof: string): Promise<CredentialCheck<"password" | CodeKind>> {
  return c.get("session").hasSecondFactor ? checkCode(c, proof) : checkPassword(c, proof);
}

/** Checks the first code of a new second factor, and turns it on. */
export function checkFirstCode(c: PortalContext, code: string): Promise<CredentialCheck<true>> {
  const session = c.get("session");
  return check(
    c,
    session.email,
    signedInCodeCounters(session),
    async () => (await confirmWithCode(c, session, code)) || null,
  );
}

/** The shortest setup token that opens setup. */
const minSetupTokenLength = 32;

/** Returns whether setup can be opened at all: a token that could be guessed opens nothing. */
export const hasSetupToken = ({ SETUP_TOKEN = "" }: PortalEnv): boolean =>
  SETUP_TOKEN.length >= minSetupTokenLength;

/**
 * Returns whether the setup token opens setup. It has no limit: its length makes guessing hopeless, and with a
 * limit strangers could keep the first owner out. Nothing is stored for a wrong one.
 */
export async function checkSetupToken(c: PortalContext, token: string): Promise<boolean> {
  assertDeclared(c);
  const { SETUP_TOKEN: expected = "" } = c.env;
  const isRight = hasSetupToken(c.env) && equalInConstantTime(sha256(token), sha256(expected));
  return isRight && !(await isSetUp(c.env.DB));
}

/** `email` is the operator's: that account's audit log has the refusal. */
async function check<Right>(
  c: PortalContext,
  email: string,
  counters: Counter[],
  verify: () => Promise<Right | null>,
): Promise<CredentialCheck<Right>> {
  assertDeclared(c);
  if (!(await countAttempt(c.env.DB, counters, c.get("now")))) return { outcome: "too_many" };
  const value = await verify();
  if (value === null) {
    recordRefusal(c, email);
    return { outcome: "wrong" };
  }
  await takeBackAttempt(c.env.DB, counters);
  return { outcome: "right", value };
}

function assertDeclared(c: PortalContext): void {
  const { checksCredential, method, path } = c.get("route");
  if (!checksCredential) throw new Error(`${method} ${path} does not declare that it checks a credential`);
}
