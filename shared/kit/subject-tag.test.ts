import { describe, expect, it } from "vitest";
import { subjectTag } from "./subject-tag.ts";

describe("subjectTag", () => {
  it("subjectTag() returns the same tag for a subject, and another in another project", () => {
    expect(subjectTag("prj_1/test/jane@example.com")).toMatch(/^[0-9a-f]{16}$/);
    expect(subjectTag("prj_1/test/jane@example.com")).toBe(subjectTag("prj_1/test/jane@example.com"));
    expect(subjectTag("prj_1/test/jane@example.com")).not.toBe(subjectTag("prj_2/test/jane@example.com"));
  });
});
