import { describe, expect, it } from "vitest";
import { deriveId, newId } from "./ids.ts";

describe("ids", () => {
  it("newId() makes ids that sort by age, and derivedId() is the same for the same input", () => {
    expect(newId("att", 1_000) < newId("att", 2_000)).toBe(true);
    expect(newId("att", 2 ** 32 - 1) < newId("att", 2 ** 32)).toBe(true);
    expect(deriveId("ent", "x")).toBe(deriveId("ent", "x"));
    expect(deriveId("ent", "x")).not.toBe(deriveId("ent", "y"));
    expect(newId("ent")).toMatch(/^ent_[0-9a-z]{26}$/);
  });
});
