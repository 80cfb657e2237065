import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { PortalContext } from "../request-context.ts";

/** A message that the next page shows after a form was processed. */
export interface Flash {
  tone: "good" | "bad";
  text: string;
}

const name = "licenzy.flash";

export function redirectWith(
  c: PortalContext,
  path: string,
  text: string,
  tone: Flash["tone"] = "good",
): Response {
  setFlash(c, { tone, text });
  return c.redirect(path, 303);
}

function setFlash(c: PortalContext, flash: Flash): void {
  const secure = new URL(c.req.url).protocol === "https:";
  const value = JSON.stringify(flash);
  setCookie(c, name, value, { path: "/", httpOnly: true, sameSite: "Lax", secure, maxAge: 60 });
}

/** Returns the message of the previous page and deletes its cookie. */
export function takeFlash(c: PortalContext): Flash | null {
  const value = getCookie(c, name);
  if (value === undefined) return null;
  deleteCookie(c, name, { path: "/" });
  try {
    const { tone, text } = JSON.parse(value) as Partial<Flash>;
    return typeof text === "string" ? { tone: tone === "bad" ? "bad" : "good", text } : null;
  } catch {
    // Not written by the portal. Nothing depends on it.
    return null;
  }
}
