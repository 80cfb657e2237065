import type { AsOf } from "../../../../../shared/contract/operations/customers.ts";
import { addTimeOfDay, parseUtcDay } from "../../../http/parse-time.ts";

const timePattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?\s*(Z|UTC|[+-]\d{2}:\d{2})?$/i;

/**
 * Parses a decision id or a time. Times are in UTC unless they name a time zone. Returns `null` for other
 * text.
 */
export function parseAsOf(text: string): AsOf | null {
  if (/^dec_[0-9a-z]+(\.[A-Z0-9_]{1,64})*$/.test(text)) return { decisionId: text };
  const [, date, time = "00:00", zone = "Z"] = timePattern.exec(text) ?? [];
  if (date === undefined) return null;
  const [, sign, hours, minutes] = /^([+-])([01]\d|2[0-3]):([0-5]\d)$/.exec(zone) ?? [];
  if (sign === undefined && !/^(z|utc)$/i.test(zone)) return null;
  const offsetMs = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000 * (sign === "-" ? -1 : 1);
  const local = addTimeOfDay(parseUtcDay(date), time);
  return local === null || local < offsetMs ? null : { at: local - offsetMs };
}
