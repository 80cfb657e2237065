import { getCookie, setCookie } from "hono/cookie";
import type { PortalContext } from "../request-context.ts";
import { isZone } from "../time/zone.ts";
import { cookieName, cookieOptions } from "./cookies.ts";

const name = "zone";
const maxAgeSeconds = 400 * 24 * 60 * 60;

/** Returns the time zone that the operator chose in this browser, or `null`. */
export function getChosenZone(c: PortalContext): string | null {
  const zone = getCookie(c, cookieName(c, name));
  return zone !== undefined && isZone(zone) ? zone : null;
}

/** The zone in which pages show times and forms take them. */
export const getZone = (c: PortalContext): string => getChosenZone(c) ?? "UTC";

/** Returns the zone of a form: the one that its labels named, else the viewer's. */
export function readFormZone(c: PortalContext, zone: string | undefined): string {
  return zone !== undefined && isZone(zone) ? zone : getZone(c);
}

export function setZone(c: PortalContext, zone: string): void {
  setCookie(c, cookieName(c, name), zone, cookieOptions(c, maxAgeSeconds));
}
