/**
 * Crockford's base 32 in lower case: no look-alike characters, URL-safe, selected whole by a double click.
 */
export const base32Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const characterValues = new Map([...base32Alphabet].map((character, value) => [character, value]));

export function encodeBase32(bytes: Uint8Array): string {
  const text: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text.push(base32Alphabet.charCodeAt((buffer >>> bits) & 31));
    }
    buffer &= (1 << bits) - 1;
  }
  if (bits > 0) text.push(base32Alphabet.charCodeAt((buffer << (5 - bits)) & 31));
  return String.fromCharCode(...text);
}

/**
 * Returns `null` for any text that `encodeBase32` can't produce, even if only the unused last bits differ.
 */
export function decodeBase32(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const value = characterValues.get(character);
    if (value === undefined) return null;
    buffer = (buffer << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (buffer >>> bits) & 255;
      buffer &= (1 << bits) - 1;
    }
  }
  return bits < 5 && buffer === 0 ? bytes : null;
}
