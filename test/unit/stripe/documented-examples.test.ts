import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { examplesOfEachShape } from "./examples/all.ts";

/**
 * The examples of docs/protocols/stripe.md: what is explained, when, and the title of the example that
 * plays it.
 */
const played: Record<string, string> = {
  "full refund, May 20": "a refunded month denies until the next one is paid",
  "a later payment, June 5": "a refunded month has no effect once the next one is paid",
  "another invoice of the same period, May 20":
    "another invoice of the same period keeps the product when one is refunded",
  "two payments of one invoice, any": "the refund of one of two payments of an invoice changes nothing",
  "yearly, then monthly, the year refunded":
    "the refund of a former yearly plan does not deny the monthly plan that is paid",
  "yearly, then monthly, May disputed":
    "a dispute of the monthly payment denies although a former yearly plan was paid",
  "a month within a year, June 10": "a refunded year denies after the last paid month of another item",
  "a credit line, May 20": "a credit line that reaches far does not keep a disputed month",
  "a one-off line, May 20": "a one-off line that reaches far does not keep a refunded month",
  "the eleventh line, June 5": "a renewal whose line is the eleventh of its invoice ends a hold",
  "trial, May 20": "a trial lifts no hold",
  "100 % coupon, June 5": "a renewal that is free lifts no hold",
  "lost dispute, 98 %": "a lost dispute of 96 percent takes the coverage away",
  "lost dispute, 61 %": "a lost dispute of 90 percent changes nothing",
  "other currency, any": "a refund in another currency is not compared",
  "revoked, then paid, June 1": "a revocation is over when a later month is paid",
  "revoked, then paid, May 20, a seat": "a revocation lasts when another seat is paid in the same period",
  "revoked, then paid, May 20, another plan":
    "a revocation lasts on the way back from a plan that was paid in the same period",
  "revoked, then paid, June 10":
    "a revocation is over on the way back from another plan whose later month was paid",
  "unpaid upgrade, May 20": "an upgrade whose payment fails keeps the former plan until its period ends",
  "unpaid upgrade, June 2": "an upgrade whose payment fails is past due after the former plan's period",
  "unpaid upgrade, reverted, May 20": "an unpaid upgrade that is reverted keeps the plan that was paid",
  "unpaid seats, reverted, May 20": "unpaid seats that are taken back keep the seat that was paid",
  "unpaid add-on, May 20": "an add-on that is not paid leaves the plan that was paid",
  "unpaid swap, May 20": "an unpaid swap of the item keeps the plan that was paid",
  "unpaid swap, May 22": "a swap of the item that is paid late ends the former plan",
  "unpaid swap, June 2":
    "a swap that was paid is past due when its renewal fails, and the former plan stays ended",
  "two items swapped, unpaid, May 20": "an unpaid swap of two items at once keeps both that were paid",
  "removed, then an unpaid change, May 20":
    "an item that was removed stays removed when another change is not paid",
  "voided upgrade, May 20":
    "an upgrade whose invoice is voided or uncollectible follows the status that Stripe gives",
  "pending update, May 20": "a pending update that is not paid changes nothing",
  "mixed intervals, June 10": "a yearly plan stays usable when the renewal of a monthly add-on fails",
  "proration not invoiced yet, May 20":
    "an upgrade that was not invoiced yet depends on the payment of its item",
};

/** Returns the first column of each row of the table of examples; an empty cell repeats the one above. */
function readDocumented(): string[] {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/protocols/stripe.md"), "utf8");
  const [, table = ""] = page.split("| example | invoices | now | result |\n| --- | --- | --- | --- |\n");
  let example = "";
  return (table.split("\n\n")[0] ?? "").split("\n").map((row) => {
    example = row.split("|")[1]?.trim() || example;
    return example;
  });
}

const countByExample = (names: string[]) => {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
};

describe("the examples of the page on Stripe events", () => {
  it("each row of the table has its test, and each test its row", () => {
    const rows = readDocumented();
    expect(rows.length).toBeGreaterThan(20);
    const named = Object.keys(played).map(
      (key) => rows.find((row) => key.startsWith(`${row}, `) && !rows.some(isLonger(row, key))) ?? key,
    );
    expect(countByExample(named)).toEqual(countByExample(rows));
  });

  it("each test is played in both shapes of Stripe's API, or in the one that has it", () => {
    const titles = new Set(examplesOfEachShape.map(([title]) => title));
    expect(Object.values(played).filter((title) => !titles.has(title))).toEqual([]);
  });
});

/** Returns whether another row's name describes the key more exactly than `row`. */
const isLonger = (row: string, key: string) => (other: string) =>
  other.length > row.length && key.startsWith(`${other}, `);
