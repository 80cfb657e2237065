import { describe, expect, it } from "vitest";
import { DependencyUnavailable, withDeadline } from "./deadline.ts";

describe("withDeadline", () => {
  it("withDeadline() rejects with the name of the dependency when it is late or fails", async () => {
    await expect(withDeadline("D1", 1, new Promise(() => {}))).rejects.toThrow(DependencyUnavailable);
    await expect(withDeadline("D1", 1_000, Promise.reject(new Error("x")))).rejects.toThrow(
      "D1 is unavailable",
    );
    expect(await withDeadline("D1", 1_000, Promise.resolve(1))).toBe(1);
  });
});
