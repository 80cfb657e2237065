import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeDecisionId, encodeDecisionId } from "./decision-id.ts";

describe("decision id", () => {
  it("decodeDecisionId() returns sequence and time for the subject of the id, and null for any other", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.integer({ min: 0, max: 2 ** 47 }), (sequence, at) => {
        const id = encodeDecisionId("prj_1/test/a", { sequence, at });
        expect(decodeDecisionId("prj_1/test/a", id)).toEqual({ sequence, at, products: [] });
        expect(decodeDecisionId("prj_1/test/b", id)).toBeNull();
      }),
    );
    for (const junk of ["", "dec_", "dec_0", "dex_0000000000000000000000000000000"])
      expect(decodeDecisionId("prj_1/test/a", junk)).toBeNull();
  });
});
