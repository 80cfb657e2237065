import type { Dice } from "./dice.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** The longest ref that the API takes: 255 bytes without a place where a line can break. */
const longest = (start: string) => start + "x".repeat(255 - bytesOf(start));

/** Refs that break pages which trust them. Each is valid for the API. */
export const hostileRefs: readonly string[] = [
  longest("tenant_9f31_"),
  "a ref of many words ".repeat(12).trim(),
  "👩‍👩‍👧‍👦 family 🏳️‍🌈 plan",
  "🧑🏽‍🚀🚀🚀🚀🚀🚀🚀🚀",
  "مستخدم-٤٢",
  "משתמש/ראשי",
  // A right-to-left override: the end is shown reversed.
  "invoice_\u202Efdp.exe",
  // Zero-width characters: shown as user_8812, and another customer.
  "user\u200B_8812",
  "user_8812",
  // The first letter is Cyrillic.
  "\u0430dmin@example.com",
  "admin@example.com",
  "Ådmin@example.com",
  "A\u030Admin@example.com",
  "org/42/user/7",
  "../../etc/passwd",
  "100%",
  "%2e%2e%2f%00",
  "a+b=c&d?e#f",
  "<script>alert(1)</script>",
  "<b>bold</b><!--",
  '"><img src=x onerror=alert(1)>',
  "O'Brien & Søn, Ltd.",
  "{{constructor}} $(7*7)",
  "'; DROP TABLE subjects; --",
  "null",
  "0",
  "__proto__",
  "customers",
  "田中太郎 株式会社",
  `z${"\u0335\u0322\u0328\u033B".repeat(12)}algo`,
];

const names = ["amara", "bjorn", "chen", "divya", "elif", "farid", "greta", "hugo", "ines", "jonas"] as const;
const companies = ["acme.example", "globex.example", "initech.example", "umbrella.example"] as const;

/** Returns `count` different refs: every second one is hostile, as long as there are any. */
export function buildRefs(count: number, dice: Dice): string[] {
  const hostile = [...hostileRefs];
  const refs: string[] = [];
  for (let index = 0; index < count; index++) {
    const next = index % 2 === 1 ? hostile.shift() : undefined;
    refs.push(next ?? buildOrdinaryRef(index, dice));
  }
  return refs;
}

/** An e-mail address, a number or a UUID, as backends use them. The index keeps it different. */
function buildOrdinaryRef(index: number, dice: Dice): string {
  const digits = (length: number) => Array.from({ length }, () => dice.between(0, 15).toString(16)).join("");
  switch (dice.between(0, 2)) {
    case 0:
      return `${dice.pick(names)}.${index}@${dice.pick(companies)}`;
    case 1:
      return `cust_${10_000 + index}`;
    default:
      return [digits(8), digits(4), `4${digits(3)}`, `a${digits(3)}`, `${digits(9)}${100 + index}`].join("-");
  }
}
