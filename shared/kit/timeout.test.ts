import { describe, expect, it } from "vitest";
import { DependencyUnavailableError, TimeoutError, withTimeout } from "./timeout.ts";

describe("withTimeout", () => {
  it("withTimeout() rejects with the name of the dependency that failed or did not respond in time", async () => {
    await expect(withTimeout("D1", 1, new Promise(() => {}))).rejects.toThrow(DependencyUnavailableError);
    await expect(withTimeout("D1", 1_000, Promise.reject(new Error("x")))).rejects.toThrow(
      "D1 is unavailable",
    );
    await expect(withTimeout("D1", 1, new Promise(() => {}))).rejects.toMatchObject({
      cause: new TimeoutError(1),
    });
    expect(await withTimeout("D1", 1_000, Promise.resolve(1))).toBe(1);
  });
});
