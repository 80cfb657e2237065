import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findUnusableMember } from "../../../workers/runtime/http/json-members.ts";

const find = (text: string) => findUnusableMember(text, JSON.parse(text));

describe("findUnusableMember", () => {
  it.each([
    ['{"units":1,"units":1000}', "units"],
    ['{"a":{"b":1,"c":2,"b":3}}', "b"],
    ['[{"a":1},{"a":1,"a":2}]', "a"],
    ['{"a" : 1,\n"\\u0061":2}', "a"],
    ['{"a":"\\"a\\":1","a":2}', "a"],
    ['{"metadata":{"__proto__":"x"}}', "__proto__"],
    ['{"__proto__":{"units":1}}', "__proto__"],
    ['{"\\u005f_proto__":1}', "__proto__"],
  ])("finds the member in %s", (text, name) => expect(find(text)).toBe(name));

  it.each(['{"a":{"b":1},"b":2}', '{"a":"b\\":","b":1}', '[{"a":1},{"a":2}]', '"a:"', "1", "null", '{"":1}'])(
    "finds none in %s",
    (text) => expect(find(text)).toBeNull(),
  );

  it("finds none in whatever JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(text.includes("__proto__") || find(text) === null).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it("takes a body of thousands of nested arrays", () => {
    expect(find("[".repeat(8_000) + "]".repeat(8_000))).toBeNull();
  });
});
