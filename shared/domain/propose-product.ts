import type { EntitlementKind } from "../contract/enums.ts";

export interface ProductProposal {
  productCode: string;
  name: string;
  kind: EntitlementKind;
  /** What the name says about units or days; `null` when it says nothing. */
  units: number | null;
  durationDays: number | null;
}

const maxCode = 64;
const maxName = 120;

const intervalWords: Record<string, string> = {
  day: "daily",
  week: "weekly",
  month: "monthly",
  year: "yearly",
};

/**
 * Proposes a product for a price of Stripe: a code that is not in `taken`, a name, and a kind. A recurring price is a
 * subscription. One that is paid once is a time pass if its name has a number of days, else a usage pack.
 * `interval` is `month`, `3 months`, …; `null` for a price that is paid once.
 */
export function proposeProduct(
  { productName, interval }: { productName: string; interval: string | null },
  taken: ReadonlySet<string>,
): ProductProposal {
  const word = interval === null ? null : (intervalWords[interval] ?? `every ${interval}`);
  const name = toName(productName, word);
  const productCode = findFreeCode(toCode(productName, word), taken);
  if (interval !== null) return { productCode, name, kind: "subscription", units: null, durationDays: null };
  const durationDays = findDays(productName);
  if (durationDays !== null) return { productCode, name, kind: "time_pass", units: null, durationDays };
  return { productCode, name, kind: "usage_pack", units: findUnits(productName), durationDays: null };
}

function toName(productName: string, word: string | null): string {
  const has = word !== null && productName.toLowerCase().includes(word);
  const end = word === null || has ? "" : `, ${word}`;
  const whole = productName.trim() || "Product";
  // Not half of a character.
  const start = whole.slice(0, maxName - end.length).replace(/[\uD800-\uDBFF]$/, "");
  return `${start}${end}`;
}

function toCode(productName: string, word: string | null): string {
  const base = toCodeWord(productName) || "PRODUCT";
  const end = word === null ? "" : toCodeWord(word);
  if (end === "" || base.split("_").includes(end)) return base.slice(0, maxCode);
  return `${base.slice(0, maxCode - end.length - 1)}_${end}`;
}

/** Upper case A to Z, digits and single underscores: `Größe 2` becomes `GROSSE_2`. */
const toCodeWord = (text: string): string =>
  text
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    // Between digits, a separator of thousands.
    .replace(/(?<=\d)[,.](?=\d{3}(?!\d))/g, "")
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");

function findFreeCode(code: string, taken: ReadonlySet<string>): string {
  if (!taken.has(code)) return code;
  for (let number = 2; ; number++) {
    const end = `_${number}`;
    const candidate = `${code.slice(0, maxCode - end.length)}${end}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function findDays(text: string): number | null {
  if (/\bday pass\b/i.test(text) && !/\d/.test(text)) return 1;
  const days = /\b(\d{1,5})[\s-]?days?\b/i.exec(text)?.[1];
  return days === undefined ? null : inRange(Number(days), 36_500);
}

function findUnits(text: string): number | null {
  const units = /\b(\d{1,3}(?:[,.]\d{3})+|\d{1,12})\s+(?:credits?|units?|tokens?|points?)\b/i.exec(text)?.[1];
  return units === undefined ? null : inRange(Number(units.replace(/[,.]/g, "")), 1_000_000_000_000);
}

const inRange = (value: number, max: number): number | null => (value >= 1 && value <= max ? value : null);
