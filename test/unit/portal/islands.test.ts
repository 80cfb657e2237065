import { describe, expect, it } from "vitest";
import { classifyResponse } from "../../../workers/portal/islands/live-rules.ts";

describe("meaningOf", () => {
  it.each([
    ["show", "basic", 200],
    ["again", "basic", 503],
    ["again", "basic", 429],
    ["stop", "basic", 403],
    ["stop", "basic", 404],
    // A redirect to the sign-in page, as fetch reports it with `redirect: "manual"`.
    ["stop", "opaqueredirect", 0],
  ])("meaningOf() returns %s for a %s response with status %i", (meaning, type, status) => {
    expect(classifyResponse({ type, status })).toBe(meaning);
  });
});
