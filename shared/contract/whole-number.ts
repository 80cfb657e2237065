import { z } from "zod";

/**
 * Parses a whole number as people write it: decimal digits without sign, exponent, fraction or leading zeros. Returns
 * `NaN` for other text, which `Number` alone would often accept: `0x10`, `1e1`, `1.000`, `+5`, `01`, and nothing at all.
 */
export function parseWholeNumber(text: string): number {
  const value = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** A whole number from `min` to `max`, as a number or as the text of a form field or query parameter. */
export function wholeNumber({ min, max, message }: { min: number; max: number; message?: string }) {
  const number = z.int(message).min(min, message).max(max, message);
  return z.preprocess((value) => (typeof value === "string" ? parseWholeNumber(value) : value), number);
}
