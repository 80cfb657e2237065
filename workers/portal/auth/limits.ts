import { sha256Hex } from "../../../shared/kit/hash.ts";
import type { Counter } from "../db/sign-in-throttles.ts";
import { getIpAddress, type PortalContext } from "../request-context.ts";
import type { KnownBrowser } from "./known-browser.ts";

/**
 * The limits of attempts, per 15 minutes. What strangers choose is hashed into 65,536 names per counter, so
 * that they can fill no table, and so that the limits of an address do not reveal whether it has an account.
 *
 * A browser that has signed in as the operator before has its own counter and is outside the limits that
 * strangers can exhaust.
 */

/** An attempt at a password, without a session. */
export function signInCounters(c: PortalContext, email: string, browser: KnownBrowser | null): Counter[] {
  if (browser !== null) return [{ name: `browser:${browser.id}`, max: 10, resets: true }];
  const [place, person] = [readPlace(c), email.toLowerCase()];
  return [
    { name: `place:${bucket(place)}`, max: 100 },
    { name: `pair:${bucket(`${place} ${person}`)}`, max: 10, resets: true },
    { name: `person:${bucket(person)}`, max: 50 },
  ];
}

/**
 * An attempt at the second factor while sign-in is incomplete. The first factor was right, so the operator
 * exists. A code has six digits: ten attempts from everywhere.
 */
export function signInCodeCounters(
  c: PortalContext,
  operatorId: string,
  browser: KnownBrowser | null,
): Counter[] {
  if (browser !== null) return [{ name: `browser_code:${browser.id}`, max: 10, resets: true }];
  return [
    { name: `place:${bucket(readPlace(c))}`, max: 100 },
    { name: `code:${operatorId}`, max: 10 },
  ];
}

/** An attempt at a password or code of a signed-in operator. Failed sign-ins do not count here. */
export function signedInCounters({ sessionId, operatorId }: { sessionId: string; operatorId: string }) {
  return [
    { name: `session:${sessionId}`, max: 10, resets: true },
    { name: `operator:${operatorId}`, max: 50 },
  ] satisfies Counter[];
}

/** A request that makes a row before anyone is identified: a sign-in with a provider. */
export const providerCounters = (c: PortalContext): Counter[] => [
  { name: `provider:${bucket(readPlace(c))}`, max: 60 },
];

/** A request for a mail with a reset link. */
export const resetMailCounters = (c: PortalContext, email: string): Counter[] => [
  { name: `reset_place:${bucket(readPlace(c))}`, max: 20 },
  { name: `reset_person:${bucket(email.toLowerCase())}`, max: 3 },
];

const bucket = (value: string): string => sha256Hex(value).slice(0, 4);

const readPlace = (c: PortalContext): string => toPlace(getIpAddress(c) ?? "unknown");

/**
 * Returns the IPv4 address, or the /64 network of an IPv6 address: one customer of a provider has all of it.
 */
export function toPlace(ipAddress: string): string {
  if (!ipAddress.includes(":") || ipAddress.includes(".")) return ipAddress;
  const [head = "", tail] = ipAddress.toLowerCase().split("::");
  const groups = (text: string | undefined) => (text ?? "").split(":").filter((group) => group !== "");
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0");
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
