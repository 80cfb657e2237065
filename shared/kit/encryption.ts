import { OwnFaultError } from "./own-fault.ts";

/**
 * Keys that protect secrets at rest: AES-256-GCM with a separate data key per record, wrapped by a key from a
 * Worker secret.
 *
 * The associated data (for example `stripe_connections/con_…/api_key`) is authenticated with the record. A
 * sealed value that is copied to another row therefore does not open there. Each record names its wrapping
 * key by id, so that keys can be rotated: new records use `current`, old ones open with the key they name.
 */
export interface WrappingKeys {
  current: string;
  /** Wrapping keys by id, each 32 bytes in base 64. */
  keys: Record<string, string>;
}

interface SealedRecord {
  keyId: string;
  wrappedKey: string;
  wrapNonce: string;
  nonce: string;
  text: string;
}

/** Throws `OwnFaultError` when the secret is missing or malformed. */
export function parseWrappingKeys(secret: string | undefined): WrappingKeys {
  if (secret === undefined) throw new OwnFaultError("The wrapping keys are not set. See docs/secrets.md.");
  const parsed = parseJson(secret);
  if (typeof parsed?.keys?.[parsed.current] !== "string")
    throw new OwnFaultError(
      "The wrapping keys must be {current, keys} with `keys` containing `current`. See docs/secrets.md.",
    );
  return parsed;
}

/** Returns `null` for text that is not JSON. The error of `JSON.parse` would quote the secret. */
function parseJson(secret: string): WrappingKeys | null {
  try {
    return JSON.parse(secret) as WrappingKeys;
  } catch {
    return null;
  }
}

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

async function importAesKey(raw: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

async function importWrappingKey(keys: WrappingKeys, id: string): Promise<CryptoKey> {
  const raw = keys.keys[id];
  if (raw === undefined) throw new OwnFaultError(`Unknown wrapping key: ${id}. See docs/secrets.md.`);
  return importAesKey(fromBase64(raw));
}

/** Encrypts `plain` with a new data key. The result opens only with the same associated data. */
export async function seal(keys: WrappingKeys, associatedData: string, plain: string): Promise<string> {
  const additionalData = new TextEncoder().encode(associatedData);
  const dataKey = crypto.getRandomValues(new Uint8Array(32));
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const wrapNonce = crypto.getRandomValues(new Uint8Array(12));
  const text = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: nonce, additionalData },
    await importAesKey(dataKey),
    new TextEncoder().encode(plain),
  );
  const wrapped = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv: wrapNonce, additionalData },
    await importWrappingKey(keys, keys.current),
    dataKey,
  );
  const record: SealedRecord = {
    keyId: keys.current,
    wrappedKey: toBase64(new Uint8Array(wrapped)),
    wrapNonce: toBase64(wrapNonce),
    nonce: toBase64(nonce),
    text: toBase64(new Uint8Array(text)),
  };
  return JSON.stringify(record);
}

/**
 * Throws `OwnFaultError` when the wrapping key of the record is not configured, is another key than the one that
 * sealed it, or when the record or its associated data was changed: decryption fails in the same way.
 */
export async function unseal(keys: WrappingKeys, associatedData: string, sealed: string): Promise<string> {
  try {
    return await decrypt(keys, associatedData, JSON.parse(sealed) as SealedRecord);
  } catch (error) {
    if (error instanceof OwnFaultError) throw error;
    throw new OwnFaultError("A stored secret does not open with the wrapping keys. See docs/secrets.md.", {
      cause: error,
    });
  }
}

async function decrypt(keys: WrappingKeys, associatedData: string, record: SealedRecord): Promise<string> {
  const additionalData = new TextEncoder().encode(associatedData);
  const dataKey = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: fromBase64(record.wrapNonce), additionalData },
    await importWrappingKey(keys, record.keyId),
    fromBase64(record.wrappedKey),
  );
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: fromBase64(record.nonce), additionalData },
    await importAesKey(new Uint8Array(dataKey)),
    fromBase64(record.text),
  );
  return new TextDecoder().decode(plain);
}
