import type { AsOf } from "../../../../shared/contract/operations/customers.ts";

const moment =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?\s*(Z|UTC|[+-]\d{2}:\d{2})?$/i;

/** What the field means: a decision's id, or a moment in UTC unless it names a zone. `null` for neither. */
export function parseAsOf(text: string): AsOf | null {
  if (/^dec_[0-9a-z]+$/.test(text)) return { decisionId: text };
  const [, date, time = "00:00", zone = "Z"] = moment.exec(text) ?? [];
  if (date === undefined) return null;
  const at = Date.parse(`${date}T${time}${/^utc$/i.test(zone) ? "Z" : zone.toUpperCase()}`);
  return Number.isNaN(at) ? null : { at };
}
