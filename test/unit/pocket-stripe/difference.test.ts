import { describe, expect, test } from "vitest";
import { difference } from "../../../dev/pocket-stripe/difference.ts";

describe("difference", () => {
  test.each([
    [{ a: 1 }, { a: 1 }, undefined],
    [{ a: 1, b: 2 }, { a: 1, b: 3 }, { b: 2 }],
    [{ a: null }, { a: 1 }, { a: null }],
    [{}, { a: 1 }, { a: null }],
    [{ a: 1 }, {}, { a: 1 }],
    [{ metadata: { x: "1", y: "2" } }, { metadata: { x: "1", z: "3" } }, { metadata: { y: "2", z: null } }],
    [{ items: { data: [1], url: "u" } }, { items: { data: [2], url: "u" } }, { items: { data: [1] } }],
    [{ a: { b: 1 } }, { a: null }, { a: { b: 1 } }],
  ])("difference() returns the previous values for a change from %j to %j: %j", (before, after, previous) => {
    expect(difference(before, after)).toEqual(previous);
  });
});
