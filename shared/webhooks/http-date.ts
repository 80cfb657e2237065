const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const time = String.raw`(?<time>\d\d:\d\d:\d\d)`;
const month = `(?<month>${months.join("|")})`;
const weekday = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const longWeekday = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day";

/** The three forms of an HTTP date (RFC 9110, 5.6.7). A receiver must accept all of them. */
const forms = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(String.raw`^${weekday}, (?<day>\d\d) ${month} (?<year>\d{4}) ${time} GMT$`),
  // Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(String.raw`^${longWeekday}, (?<day>\d\d)-${month}-(?<shortYear>\d\d) ${time} GMT$`),
  // Sun Nov  6 08:49:37 1994
  new RegExp(String.raw`^${weekday} ${month} (?<day>[ \d]\d) ${time} (?<year>\d{4})$`),
];

/**
 * Parses an HTTP date to milliseconds since 1970. Returns `null` for other text, and for days and times that do not exist.
 * `Date.parse` alone would accept much more, and move 30 February to March.
 */
export function parseHttpDate(text: string, now: number): number | null {
  for (const form of forms) {
    const parts = form.exec(text)?.groups;
    if (parts === undefined) continue;
    const year = parts["year"] ?? expandYear(parts["shortYear"] ?? "", now);
    const monthNumber = months.indexOf(parts["month"] ?? "") + 1;
    const iso = `${year}-${twoDigits(monthNumber)}-${twoDigits(Number(parts["day"]))}T${parts["time"]}.000Z`;
    const at = Date.parse(iso);
    return !Number.isNaN(at) && new Date(at).toISOString() === iso ? at : null;
  }
  return null;
}

const twoDigits = (number: number): string => String(number).padStart(2, "0");

/** A year of two digits that appears to be more than 50 years ahead is the one of the century before. */
function expandYear(shortYear: string, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(shortYear);
  return year > thisYear + 50 ? year - 100 : year;
}
