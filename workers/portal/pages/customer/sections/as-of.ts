import type { AsOf } from "../../../../../shared/contract/operations/customers.ts";
import { parseDay, parseLocalTime, parseTime } from "../../../time/parse-time.ts";
import { formatOffset } from "../../../time/zone.ts";

const timePattern =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?))?\s*(Z|UTC|[+-]\d{2}:\d{2})?$/i;

const neither = "Enter a decision ID (dec_…) or a time, such as 2026-11-22 14:00.";

/**
 * Parses a decision id or a time. Times are in the viewer's zone unless they name an offset. Returns a sentence that says
 * what to enter for other text.
 */
export function parseAsOf(text: string, zone: string): AsOf | string {
  if (/^dec_[0-9a-z]+(\.[A-Z0-9_]{1,64})*$/.test(text)) return { decisionId: text };
  const [, date, time, offset] = timePattern.exec(text) ?? [];
  if (date === undefined) return neither;
  if (offset !== undefined) {
    const offsetMs = parseOffset(offset);
    const local = parseLocalTime(`${date}T${time ?? "00:00"}`);
    return offsetMs === null || local === null || local < offsetMs ? neither : { at: local - offsetMs };
  }
  if (time === undefined) {
    const at = parseDay(date, zone);
    return at === null || at < 0 ? neither : { at };
  }
  const parsed = parseTime(`${date}T${time}`, zone);
  if (parsed.outcome === "time") return parsed.at < 0 ? neither : { at: parsed.at };
  if (parsed.outcome === "repeated")
    return `${parsed.error} Enter it as ${date} ${time}${formatOffset(parsed.offsets[0])}.`;
  return parseLocalTime(`${date}T${time}`) === null ? neither : parsed.error;
}

/** Parses `Z`, `UTC` or `+01:00` to milliseconds. Returns `null` for an offset that no clock has. */
function parseOffset(text: string): number | null {
  if (/^(z|utc)$/i.test(text)) return 0;
  const [, sign, hours, minutes] = /^([+-])([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (sign === undefined) return null;
  return (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === "-" ? -1 : 1);
}
