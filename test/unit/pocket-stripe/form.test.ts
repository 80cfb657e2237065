import { describe, expect, test } from "vitest";
import { StripeApiError } from "../../../dev/pocket-stripe/errors.ts";
import { decodeForm, type FormValue } from "../../../dev/pocket-stripe/form.ts";

/** Converts maps to arrays of pairs, which are easier to read in a failure. */
function plain(value: FormValue): unknown {
  return typeof value === "string" ? value : [...value].map(([key, member]) => [key, plain(member)]);
}

describe("decodeForm", () => {
  test.each([
    ["", []],
    [
      "a=1&b=two+words&c=%C3%A9",
      [
        ["a", "1"],
        ["b", "two words"],
        ["c", "é"],
      ],
    ],
    [
      "a[b][c]=1&a[b][d]=2",
      [
        [
          "a",
          [
            [
              "b",
              [
                ["c", "1"],
                ["d", "2"],
              ],
            ],
          ],
        ],
      ],
    ],
    [
      "a[0][x]=1&a[1][x]=2",
      [
        [
          "a",
          [
            ["0", [["x", "1"]]],
            ["1", [["x", "2"]]],
          ],
        ],
      ],
    ],
    [
      "a[]=1&a[]=2",
      [
        [
          "a",
          [
            ["0", "1"],
            ["1", "2"],
          ],
        ],
      ],
    ],
    ["a%5Bb%5D=1", [["a", [["b", "1"]]]]],
    ["a=1&a=2", [["a", "2"]]],
    ["a=", [["a", ""]]],
  ])("decodeForm() decodes %s", (text, expected) => {
    expect(plain(decodeForm(text))).toEqual(expected);
  });

  test("decodeForm() treats names that are special in JavaScript as ordinary names", () => {
    const decoded = decodeForm("metadata[__proto__]=1&__proto__[x]=2");
    expect(plain(decoded)).toEqual([
      ["metadata", [["__proto__", "1"]]],
      ["__proto__", [["x", "2"]]],
    ]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  test.each(["a=1&a[b]=2", "a[b]=1&a=2"])(
    "decodeForm() rejects %s, where one name is both a text and a group",
    (text) => {
      expect(() => decodeForm(text)).toThrow(StripeApiError);
    },
  );

  test.each(["a[b=1", "a]b=1", "[a]=1", "a[b]c=1"])(
    "decodeForm() keeps the malformed name of %s unsplit, so that it is reported as unknown",
    (text) => {
      expect([...decodeForm(text).keys()]).toEqual([text.slice(0, -2)]);
    },
  );
});
