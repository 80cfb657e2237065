import { getSignedCookie, setSignedCookie } from "hono/cookie";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import { cookieName, cookieOptions } from "../http/cookies.ts";
import type { PortalContext } from "../request-context.ts";

/** A browser that has signed in as an operator before. */
export interface KnownBrowser {
  id: string;
}

const name = "browser";
const maxAgeSeconds = 180 * 24 * 60 * 60;

const hashEmail = (email: string): string => sha256Hex(email.toLowerCase()).slice(0, 32);

/**
 * Returns the browser if its signed cookie says that it has signed in as this operator, or `null`. The cookie
 * opens nothing: it only replaces the limits that strangers can exhaust by a limit of the browser.
 */
export async function readKnownBrowser(c: PortalContext, email: string): Promise<KnownBrowser | null> {
  const value = await getSignedCookie(c, c.env.SIGN_IN_SECRET, cookieName(c, name));
  const [owner, id] = typeof value === "string" ? value.split(".") : [];
  return owner === hashEmail(email) && id !== undefined ? { id } : null;
}

/** Remembers the browser after a completed sign-in. The operator who signed in last counts. */
export async function rememberBrowser(c: PortalContext, email: string): Promise<void> {
  const known = await readKnownBrowser(c, email);
  const value = `${hashEmail(email)}.${known?.id ?? crypto.randomUUID()}`;
  const options = cookieOptions(c, maxAgeSeconds);
  await setSignedCookie(c, cookieName(c, name), value, c.env.SIGN_IN_SECRET, options);
}
