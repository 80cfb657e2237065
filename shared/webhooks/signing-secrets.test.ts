import { describe, expect, it } from "vitest";
import { findActiveSecrets, rotateSecrets } from "./signing-secrets.ts";

describe("rotate", () => {
  const hour = 3_600_000;
  const first = [{ sealed: "a", signsUntil: null }];

  it("rotate() lets the old and the new secret sign during the overlap, then only the new one", () => {
    const secrets = rotateSecrets(first, "b", { now: 0, overlapMs: 24 * hour });
    const at = (now: number) => findActiveSecrets(secrets, now).map(({ sealed }) => sealed);
    expect(at(0)).toEqual(["b", "a"]);
    expect(at(24 * hour - 1)).toEqual(["b", "a"]);
    expect(at(24 * hour)).toEqual(["b"]);
  });

  it("rotate() ends the old secret immediately when there is no overlap", () => {
    expect(rotateSecrets(first, "b", { now: 0, overlapMs: 0 })).toEqual([{ sealed: "b", signsUntil: null }]);
  });

  it("rotate() never extends a secret that is due to end, and drops the secrets that have ended", () => {
    const once = rotateSecrets(first, "b", { now: 0, overlapMs: hour });
    const twice = rotateSecrets(once, "c", { now: hour / 2, overlapMs: 24 * hour });
    expect(twice.map(({ sealed, signsUntil }) => [sealed, signsUntil])).toEqual([
      ["c", null],
      ["b", 24.5 * hour],
      ["a", hour],
    ]);
    const thrice = rotateSecrets(twice, "d", { now: 2 * hour, overlapMs: hour });
    expect(thrice.map(({ sealed, signsUntil }) => [sealed, signsUntil])).toEqual([
      ["d", null],
      ["c", 3 * hour],
      ["b", 3 * hour],
    ]);
  });

  it("rotate() keeps at most five secrets", () => {
    let secrets = first as ReturnType<typeof rotateSecrets>;
    for (let n = 0; n < 20; n++) secrets = rotateSecrets(secrets, `s${n}`, { now: n, overlapMs: hour });
    expect(secrets.length).toBe(5);
  });
});
