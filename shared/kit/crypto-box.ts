/**
 * Secrets at rest: AES-256-GCM with a data key of its own for each record, wrapped by a key from a Worker secret.
 *
 * The record's place (say `stripe_connections/con_…/api_key`) is authenticated with it, so that a sealed value that is
 * copied to another row does not open there. A wrapping key is named by its id, so that keys can be changed: new
 * records take `current`, old ones open with the key they name.
 */
export interface WrappingKeys {
  current: string;
  /** Base 64 of 32 bytes, by id. */
  keys: Record<string, string>;
}

interface SealedRecord {
  keyId: string;
  wrappedKey: string;
  wrapNonce: string;
  nonce: string;
  text: string;
}

export function parseWrappingKeys(secret: string | undefined): WrappingKeys {
  if (secret === undefined) throw new Error("The wrapping keys are not set: see docs/secrets.md");
  const parsed = JSON.parse(secret) as WrappingKeys;
  if (typeof parsed.keys?.[parsed.current] !== "string")
    throw new Error(
      "The wrapping keys must be {current, keys} and name the current one: see docs/secrets.md",
    );
  return parsed;
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

async function aesKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function wrappingKey(keys: WrappingKeys, id: string): Promise<CryptoKey> {
  const raw = keys.keys[id];
  if (raw === undefined) throw new Error(`No wrapping key has the id ${id}`);
  return aesKey(fromBase64(raw));
}

export async function seal(keys: WrappingKeys, place: string, plain: string): Promise<string> {
  const additionalData = new TextEncoder().encode(place);
  const dataKey = crypto.getRandomValues(new Uint8Array(32));
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const wrapNonce = crypto.getRandomValues(new Uint8Array(12));
  const text = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData },
    await aesKey(dataKey),
    new TextEncoder().encode(plain),
  );
  const wrapped = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: wrapNonce, additionalData },
    await wrappingKey(keys, keys.current),
    dataKey,
  );
  const record: SealedRecord = {
    keyId: keys.current,
    wrappedKey: base64(new Uint8Array(wrapped)),
    wrapNonce: base64(wrapNonce),
    nonce: base64(nonce),
    text: base64(new Uint8Array(text)),
  };
  return JSON.stringify(record);
}

/** Throws when the record was changed, belongs to another place, or its wrapping key is not at hand. */
export async function open(keys: WrappingKeys, place: string, sealed: string): Promise<string> {
  const additionalData = new TextEncoder().encode(place);
  const record = JSON.parse(sealed) as SealedRecord;
  const dataKey = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: fromBase64(record.wrapNonce), additionalData },
    await wrappingKey(keys, record.keyId),
    fromBase64(record.wrappedKey),
  );
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: fromBase64(record.nonce), additionalData },
    await aesKey(new Uint8Array(dataKey)),
    fromBase64(record.text),
  );
  return new TextDecoder().decode(plain);
}
