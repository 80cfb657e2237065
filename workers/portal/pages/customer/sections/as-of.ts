import type { AsOf } from "../../../../../shared/contract/operations/customers.ts";

const timePattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?\s*(Z|UTC|[+-]\d{2}:\d{2})?$/i;

/**
 * Parses a decision id or a time. Times are in UTC unless they name a time zone. Returns `null` for other
 * text.
 */
export function parseAsOf(text: string): AsOf | null {
  if (/^dec_[0-9a-z]+$/.test(text)) return { decisionId: text };
  const [, date, time = "00:00", zone = "Z"] = timePattern.exec(text) ?? [];
  if (date === undefined) return null;
  const at = Date.parse(`${date}T${time}${/^utc$/i.test(zone) ? "Z" : zone.toUpperCase()}`);
  return Number.isNaN(at) ? null : { at };
}
