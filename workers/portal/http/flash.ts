import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { PortalContext } from "../request-context.ts";

/** One sentence that the next page says, after a form was done. */
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

/** Takes the sentence that the page before left. */
export function takeFlash(c: PortalContext): Flash | null {
  const value = getCookie(c, name);
  if (value === undefined) return null;
  deleteCookie(c, name, { path: "/" });
  try {
    const { tone, text } = JSON.parse(value) as Partial<Flash>;
    return typeof text === "string" ? { tone: tone === "bad" ? "bad" : "good", text } : null;
  } catch {
    // Not written by us, and nothing depends on it.
    return null;
  }
}
