import { toCamelCase } from "../case.ts";
import type { LicenzyEvent } from "../contract.ts";

/** A request as your framework has it, with the raw body: a parsed one can't be verified. */
export type SignedRequest =
  | Request
  | { body: string | Uint8Array; headers: Headers | Record<string, string | string[] | undefined> };

export interface VerifyOptions {
  /** The endpoint's signing secret, `whsec_…`. Several while it is rotated. A missing environment variable throws. */
  secret: string | readonly string[] | undefined;
  /** How far the request's time may be off, in seconds. 300 by default. */
  toleranceSeconds?: number;
  /** Milliseconds since 1970, in tests. */
  now?: () => number;
}

export type VerifyError = "missing_headers" | "outside_tolerance" | "invalid_signature" | "invalid_body";

export type Verified = { ok: true; event: LicenzyEvent } | { ok: false; error: VerifyError; message: string };

/** Verifies the signature of an event, by Standard Webhooks 1.0. Throws where the secret is malformed. */
export async function verify(
  request: SignedRequest,
  { secret, toleranceSeconds = 300, now = Date.now }: VerifyOptions,
): Promise<Verified> {
  // No secret at all is as wrong as a malformed one.
  const secrets = secret === undefined || secret.length === 0 ? [""] : [secret].flat();
  const keys = await Promise.all(secrets.map(importKey));
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) =>
    readHeader(request, `webhook-${name}`),
  );
  if (!id || !timestamp || !signatures)
    return refuse(
      "missing_headers",
      "The request has no webhook-id, webhook-timestamp or webhook-signature.",
    );
  // `NaN` compares as too far off.
  if (!(Math.abs(now() / 1_000 - Number(timestamp)) <= toleranceSeconds))
    return refuse("outside_tolerance", `The request's time is more than ${toleranceSeconds} s off.`);
  const body = await readBody(request);
  const content = concat(encoder.encode(`${id}.${timestamp}.`), body);
  for (const key of keys)
    for (const signature of signatures.split(" "))
      if (await isSignatureOf(signature, content, key)) return parse(body);
  return refuse("invalid_signature", "No signature of the request is of this secret.");
}

const encoder = new TextEncoder();
const refuse = (error: VerifyError, message: string): Verified => ({ ok: false, error, message });

function importKey(secret: string): Promise<CryptoKey> {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  if (encoded === undefined) throw new Error("secret must be an endpoint's signing secret, whsec_….");
  return crypto.subtle.importKey("raw", fromBase64(encoded), { name: "HMAC", hash: "SHA-256" }, false, [
    "verify",
  ]);
}

async function isSignatureOf(
  signature: string,
  content: Uint8Array<ArrayBuffer>,
  key: CryptoKey,
): Promise<boolean> {
  const [, encoded] = /^v1,([A-Za-z0-9+/]+={0,2})$/.exec(signature) ?? [];
  if (encoded === undefined) return false;
  // Compares in constant time.
  return crypto.subtle.verify("HMAC", key, fromBase64(encoded), content);
}

/** An empty array where the text is no base64, which then is no signature. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  if (text.replace(/=+$/, "").length % 4 === 1) return new Uint8Array();
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function readHeader({ headers }: SignedRequest, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  // Some platforms keep the case that a proxy sent.
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return Array.isArray(value) ? value.join(" ") : value;
}

async function readBody(request: SignedRequest): Promise<Uint8Array<ArrayBuffer>> {
  if (request instanceof Request) return new Uint8Array(await request.arrayBuffer());
  const { body } = request;
  return new Uint8Array(typeof body === "string" ? encoder.encode(body) : body);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function parse(body: Uint8Array): Verified {
  try {
    const event = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(body)) as {
      data?: { metadata?: unknown };
    };
    return { ok: true, event: toCamelCase(event) as LicenzyEvent };
  } catch {
    return refuse("invalid_body", "The body is signed but is not JSON in UTF-8.");
  }
}
