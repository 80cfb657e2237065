import { createHmac, hkdfSync } from "node:crypto";
import type { OperatorSession } from "../../../shared/db/session.ts";
import { toPlace } from "../../../shared/kit/place.ts";
import type { Counter } from "../db/sign-in-throttles.ts";
import { getIpAddress, type PortalContext } from "../request-context.ts";
import type { KnownBrowser } from "./known-browser.ts";

/**
 * The limits of attempts, per 15 minutes. What strangers choose is hashed into 65,536 names per counter, so
 * that they can fill no table, and so that the limits of an address do not reveal whether it has an account.
 * The hash has a key: strangers can't compute which other address or place shares a counter.
 *
 * A browser that has signed in as the operator before has its own counters and is outside the limits that
 * strangers can exhaust. A code has six digits: each kind of counter admits ten wrong ones per operator.
 */

/** An attempt at a password, without a session. */
export function signInCounters(c: PortalContext, email: string, browser: KnownBrowser | null): Counter[] {
  const person = email.toLowerCase();
  if (browser !== null)
    return [
      { name: `browser:${browser.id}`, max: 10, resets: true },
      // Someone who knew an earlier password may have made many browsers known.
      { name: bucket(c, "known", person), max: 50 },
    ];
  const place = readPlace(c);
  return [
    { name: bucket(c, "place", place), max: 100 },
    { name: bucket(c, "pair", `${place} ${person}`), max: 10, resets: true },
    { name: bucket(c, "person", person), max: 50 },
  ];
}

/**
 * An attempt at the second factor while sign-in is incomplete. The first factor was right, so the operator
 * exists.
 */
export function signInCodeCounters(
  c: PortalContext,
  operatorId: string,
  browser: KnownBrowser | null,
): Counter[] {
  if (browser !== null) return [{ name: `known_code:${operatorId}`, max: 10 }];
  return [
    { name: bucket(c, "place", readPlace(c)), max: 100 },
    { name: `code:${operatorId}`, max: 10 },
  ];
}

/** An attempt at the password of a signed-in operator. Failed sign-ins do not count here. */
export const signedInCounters = ({ sessionId, operatorId }: SignedIn): Counter[] => [
  { name: `session:${sessionId}`, max: 10, resets: true },
  { name: `operator:${operatorId}`, max: 50 },
];

/** An attempt at a code of a signed-in operator, in any session. Failed sign-ins do not count here. */
export const signedInCodeCounters = ({ operatorId }: SignedIn): Counter[] => [
  { name: `operator_code:${operatorId}`, max: 10 },
];

type SignedIn = Pick<OperatorSession, "sessionId" | "operatorId">;

/** A request that makes a row before anyone is identified: a sign-in with a provider. */
export const providerCounters = (c: PortalContext): Counter[] => [
  { name: bucket(c, "provider", readPlace(c)), max: 60 },
];

/** A request for a mail with a reset link. */
export function resetMailCounters(c: PortalContext, email: string, browser: KnownBrowser | null): Counter[] {
  if (browser !== null) return [{ name: `reset_browser:${browser.id}`, max: 3 }];
  return [
    { name: bucket(c, "reset_place", readPlace(c)), max: 20 },
    { name: bucket(c, "reset_person", email.toLowerCase()), max: 3 },
  ];
}

/** The key of the names, derived once for the isolate's secret. */
let derived: { secret: string; key: Uint8Array } | undefined;

function deriveKey(secret: string): Uint8Array {
  if (derived?.secret !== secret)
    derived = { secret, key: new Uint8Array(hkdfSync("sha256", secret, "", "sign-in counters", 32)) };
  return derived.key;
}

/** Returns the name of a counter for what a stranger chose: one of 65,536 of its kind. */
function bucket(c: PortalContext, kind: string, value: string): string {
  return `${kind}:${createHmac("sha256", deriveKey(c.env.SIGN_IN_SECRET)).update(`${kind}:${value}`).digest("hex").slice(0, 4)}`;
}

const readPlace = (c: PortalContext): string => toPlace(getIpAddress(c) ?? "unknown");
