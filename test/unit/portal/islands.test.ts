import { describe, expect, it } from "vitest";
import { meaningOf } from "../../../workers/portal/islands/live-rules.ts";

describe("an answer to what asks by itself", () => {
  it.each([
    ["show", "basic", 200],
    ["again", "basic", 503],
    ["again", "basic", 429],
    ["stop", "basic", 403],
    ["stop", "basic", 404],
    // A redirect to the sign-in, as a browser reports one that it was told not to follow.
    ["stop", "opaqueredirect", 0],
  ])("means %s when it is %s with status %i", (meaning, type, status) => {
    expect(meaningOf({ type, status })).toBe(meaning);
  });
});
