import { createHmac } from "node:crypto";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { equalInConstantTime } from "../../../shared/kit/hash.ts";
import type { PortalContext } from "../request-context.ts";
import { cookieName, cookieOptions } from "./cookies.ts";

/** A message that the next page shows after a form was processed. */
export interface Flash {
  tone: "good" | "bad";
  text: string;
}

const name = "flash";

export function redirectWith(
  c: PortalContext,
  path: string,
  text: string,
  tone: Flash["tone"] = "good",
): Response {
  setFlash(c, { tone, text });
  return c.redirect(path, 303);
}

/** The cookie is signed, so that the portal shows only its own messages. */
function setFlash(c: PortalContext, flash: Flash): void {
  const content = Buffer.from(JSON.stringify(flash)).toString("base64url");
  const value = `${content}.${sign(c, content).toString("base64url")}`;
  setCookie(c, cookieName(c, name), value, cookieOptions(c, 60));
}

/** Returns the message of the previous page and deletes its cookie. */
export function takeFlash(c: PortalContext): Flash | null {
  const cookie = cookieName(c, name);
  const value = getCookie(c, cookie);
  if (value === undefined) return null;
  deleteCookie(c, cookie, cookieOptions(c, 0));
  const [content = "", signature = ""] = value.split(".");
  if (!equalInConstantTime(Buffer.from(signature, "base64url"), sign(c, content))) return null;
  return JSON.parse(Buffer.from(content, "base64url").toString()) as Flash;
}

/** Signs synchronously, unlike Hono's signed cookies: pages are rendered without `await`. */
const sign = (c: PortalContext, content: string): Buffer =>
  createHmac("sha256", c.env.SIGN_IN_SECRET).update(`flash:${content}`).digest();
