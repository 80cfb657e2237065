import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase32, encodeBase32 } from "./base32.ts";

describe("base32", () => {
  it("decodeBase32() returns the encoded bytes, and null when the text is not canonical base 32", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
    for (const text of ["u", "I", "-", "zz", "0000000000000001z"]) expect(decodeBase32(text)).toBeNull();
  });
});
