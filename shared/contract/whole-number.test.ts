import { describe, expect, it } from "vitest";
import { parseWholeNumber, wholeNumber } from "./whole-number.ts";

const notWhole = [
  "0x10",
  "0b1",
  "0o7",
  "1.000",
  "1.0",
  "01",
  "+5",
  "-5",
  "1e1",
  "1_000",
  "1,000",
  "",
  " ",
  " 5",
];
const notNumbers = ["Infinity", "NaN", "٣", "５", "9007199254740993", "99999999999999999", "5\n"];

describe("parseWholeNumber", () => {
  it("parses decimal digits", () => {
    for (const number of [0, 5, 10, 1_000_000_000_000, Number.MAX_SAFE_INTEGER])
      expect(parseWholeNumber(String(number))).toBe(number);
  });

  it.each([...notWhole, ...notNumbers])("refuses %j where a whole number is needed", (text) => {
    expect(parseWholeNumber(text)).toBeNaN();
    expect(wholeNumber({ min: 0, max: 10 ** 12 }).safeParse(text).success).toBe(false);
  });
});

describe("wholeNumber", () => {
  it("accepts text and numbers within its bounds, and says its message otherwise", () => {
    const schema = wholeNumber({ min: 1, max: 9, message: "From 1 to 9." });
    expect([schema.parse("9"), schema.parse(1)]).toEqual([9, 1]);
    for (const value of ["0", "10", 0, 10, 1.5, null, undefined, true, [5], {}])
      expect(schema.safeParse(value).error?.issues.map(({ message }) => message)).toEqual(["From 1 to 9."]);
  });
});
