/**
 * Decodes the text of a file. A byte order mark decides; without one the text is UTF-8, else UTF-16 if every other byte of
 * its beginning is zero, else Windows-1252, which older versions of Excel write.
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = findEncoding(bytes);
  if (encoding !== null) return new TextDecoder(encoding).decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    // Not UTF-8: every byte is a character of Windows-1252.
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

const comparedBytes = 64;

function findEncoding(bytes: Uint8Array): "utf-16le" | "utf-16be" | null {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const pairs = Math.min(bytes.length - (bytes.length % 2), comparedBytes) / 2;
  const countZeros = (offset: 0 | 1) =>
    Array.from({ length: pairs }, (_, pair) => bytes[2 * pair + offset]).filter((byte) => byte === 0).length;
  if (pairs > 1 && countZeros(1) > 0.8 * pairs) return "utf-16le";
  return pairs > 1 && countZeros(0) > 0.8 * pairs ? "utf-16be" : null;
}

/** A file is in another encoding than the form takes. */
export class EncodingError extends Error {
  constructor(cause?: unknown) {
    super("a file is not in UTF-8", { cause });
    this.name = "EncodingError";
  }
}

/**
 * Decodes UTF-8, with or without a byte order mark. Throws `EncodingError` for anything else: guessing could give a customer
 * another name. A zero byte is a sign of UTF-16.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.includes(0)) throw new EncodingError();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new EncodingError(cause);
  }
}
