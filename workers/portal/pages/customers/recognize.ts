import type { Mode } from "../../../../shared/contract/enums.ts";

/** Stripe's objects by the prefix of their ids: what they are, and how they relate to a customer. */
const stripeObjects = {
  cus: { label: "Stripe customer", relation: "is" },
  sub: { label: "Stripe subscription", relation: "of" },
  si: { label: "Stripe subscription item", relation: "of" },
  cs: { label: "Stripe checkout session", relation: "of" },
  pi: { label: "Stripe payment", relation: "paid by" },
  py: { label: "Stripe payment", relation: "paid by" },
  ch: { label: "Stripe charge", relation: "paid by" },
  re: { label: "Stripe refund", relation: "refunded to" },
  pyr: { label: "Stripe refund", relation: "refunded to" },
  dp: { label: "Stripe dispute", relation: "opened by" },
  du: { label: "Stripe dispute", relation: "opened by" },
  in: { label: "Stripe invoice", relation: "billed to" },
  seti: { label: "Stripe setup", relation: "of" },
  evt: { label: "Stripe event", relation: "about" },
  price: { label: "Stripe price", relation: "of" },
  prod: { label: "Stripe product", relation: "of" },
} as const;

/** Our ids by prefix. */
const ownObjects = {
  dec: { label: "Decision", relation: "about" },
  dlv: { label: "Webhook delivery", relation: "about" },
  evt: { label: "Webhook event", relation: "about" },
  att: { label: "Checkout attempt", relation: "of" },
  ent: { label: "Entitlement", relation: "of" },
  ep: { label: "Webhook endpoint", relation: "of" },
  req: { label: "API request", relation: "about" },
} as const;

export type StripePrefix = keyof typeof stripeObjects;
export type OwnPrefix = keyof typeof ownObjects;

/** What a text may be. `mode` is what the text says about it; null when it says nothing. */
export type Candidate =
  | { kind: "stripe"; prefix: StripePrefix; value: string; mode: Mode | null }
  | { kind: "own"; prefix: OwnPrefix; value: string }
  | { kind: "email"; value: string }
  /** A path of this portal: `/p/<project>/<mode>` and what follows. */
  | { kind: "page"; value: string }
  /** The beginning and the end of an id or name, as the portal shortens long ones. */
  | { kind: "shortened"; value: string; start: string; end: string }
  /** The tag of a customer in log lines. */
  | { kind: "tag"; value: string }
  /** Part of a `subject_ref`, or all of it. */
  | { kind: "ref"; value: string };

/** Longer texts hold no identifier, only a whole document. */
const maxSearchLength = 2_000;

const prefixes = Object.keys(stripeObjects).join("|");
const stripeId = new RegExp(`(?<![A-Za-z0-9_-])(${prefixes})_[A-Za-z0-9][A-Za-z0-9_]{2,250}`, "g");
// Crockford's base 32: 26 characters, a delivery's and a decision's more. The id of a decision over some products ends
// with their codes.
const ownId = new RegExp(
  `(?<![A-Za-z0-9_-])(${Object.keys(ownObjects).join("|")})_[0-9a-hjkmnp-tv-z]{26,40}(?:(?<=dec_\\w{32})(?:\\.[A-Z0-9_]{1,64})+)?(?![A-Za-z0-9_])`,
  "g",
);
const email = /[^\s@<>()[\]{},;:"'`“”‘’«»?&=/\\]+@[^\s@<>()[\]{},;:"'`“”‘’«»?&=/\\]+/;
const wrapping = /[\s"'`´“”„‘’‚«»‹›<>()[\]{},;:.!?|*]/;

/**
 * Returns everything that a pasted text may be, the likeliest first: ids and addresses with anything around them, and
 * always the text itself as a `subject_ref`. Never throws.
 */
export function recognize(pasted: string): Candidate[] {
  const text = pasted.slice(0, maxSearchLength).trim();
  if (text === "") return [];
  const bare = stripWrapping(text);
  const url = parseUrl(bare);
  const page = url === null ? null : readPortalPath(url);
  const found: Candidate[] = [];
  if (page !== null) found.push({ kind: "page", value: page });
  const shortened = url === null ? readShortened(bare) : null;
  if (shortened !== null) found.push(shortened);
  found.push(...findIds(url === null ? text : decode(url.href), url === null ? null : readStripeMode(url)));
  const [address] = email.exec(url === null ? text : "") ?? [];
  if (address !== undefined) found.push({ kind: "email", value: stripWrapping(address) });
  if (/^[0-9a-f]{16}$/i.test(bare)) found.push({ kind: "tag", value: bare.toLowerCase() });
  for (const ref of new Set([text, bare])) if (ref !== "") found.push({ kind: "ref", value: ref });
  return found.filter(
    (candidate, index) =>
      found.findIndex((other) => other.kind === candidate.kind && other.value === candidate.value) === index,
  );
}

/** Describes a candidate for the sentence that says what was recognized. */
export function describeCandidate(candidate: Candidate): { label: string; relation: string } {
  switch (candidate.kind) {
    case "stripe":
      return stripeObjects[candidate.prefix];
    case "own":
      return ownObjects[candidate.prefix];
    case "email":
      return { label: "Email address", relation: "of" };
    case "page":
      return { label: "Portal address", relation: "of" };
    case "shortened":
      return { label: "Shortened ID", relation: "of" };
    case "tag":
      return { label: "Customer tag", relation: "of" };
    case "ref":
      return { label: "Customer", relation: "is" };
  }
}

/** Removes quotes, brackets, punctuation and spaces from both ends. */
function stripWrapping(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && wrapping.test(text.charAt(from))) from++;
  while (to > from && wrapping.test(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

function parseUrl(text: string): URL | null {
  if (/^\/p\/[^/]+\/(test|live)(\/|$)/.test(text)) return toUrl(`https://portal.invalid${text}`);
  if (/^https?:\/\//i.test(text)) return toUrl(text);
  return /^([a-z0-9-]+\.)*stripe\.com\//i.test(text) ? toUrl(`https://${text}`) : null;
}

function toUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    // Most pasted texts are no address.
    return null;
  }
}

/** Returns the path of a portal's page, of any host: the project's id decides. */
function readPortalPath({ pathname, search }: URL): string | null {
  return /^\/p\/prj_[0-9a-z]+\/(test|live)(\/|$)/.test(pathname) ? pathname + search : null;
}

/** The dashboard has the mode in its address. Other addresses, such as those of a checkout, have it in the id. */
function readStripeMode({ hostname, pathname }: URL): Mode | null {
  if (hostname !== "dashboard.stripe.com") return null;
  return /^\/(acct_\w+\/)?test(\/|$)/.test(pathname) ? "test" : "live";
}

/** Ids in a text. The last one in an address is the most specific, as in `/customers/cus_…/payments/pi_…`. */
function findIds(text: string, addressMode: Mode | null): Candidate[] {
  const own = [...text.matchAll(ownId)].map(
    ([value, prefix]): Candidate => ({ kind: "own", prefix: prefix as OwnPrefix, value }),
  );
  const known = new Set(own.map(({ value }) => value));
  const atStripe = [...text.matchAll(stripeId)].flatMap(([id, prefix]): Candidate[] => {
    const value = id.replace(/_+$/, "");
    // An id of ours can have the form of an event of Stripe's, so an event may be either.
    if (known.has(value) && prefix !== "evt") return [];
    const [, ownMode] = /^cs_(test|live)_/.exec(value) ?? [];
    const mode = ownMode === undefined ? addressMode : (ownMode as Mode);
    return [{ kind: "stripe", prefix: prefix as StripePrefix, value, mode }];
  });
  return [...own, ...(addressMode === null ? atStripe : atStripe.reverse())];
}

function readShortened(text: string): Candidate | null {
  const [, start, end] = /^(.{4,64}?)(?:…|\.{3})(.{3,64})$/su.exec(text) ?? [];
  if (start === undefined || end === undefined || end.includes("…")) return null;
  return { kind: "shortened", value: text, start, end };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not every percent sign is an escape.
    return text;
  }
}
