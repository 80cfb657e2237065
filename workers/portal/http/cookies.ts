import type { PortalContext } from "../request-context.ts";

/**
 * The prefix of the portal's cookies at an origin. With `__Host-` a browser accepts a cookie from this host
 * over https only, so no other host of the domain can set or replace it. Development serves http, where
 * browsers refuse that prefix.
 */
export const cookiePrefix = (origin: string): string =>
  origin.startsWith("https:") ? "__Host-licenzy" : "licenzy";

export const cookieName = (c: PortalContext, name: string): string =>
  `${cookiePrefix(new URL(c.req.url).origin)}.${name}`;

export const cookieOptions = (c: PortalContext, maxAgeSeconds: number) => ({
  path: "/",
  httpOnly: true,
  sameSite: "Lax" as const,
  secure: new URL(c.req.url).protocol === "https:",
  maxAge: maxAgeSeconds,
});
