import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shuffle } from "../../../dev/pocket-stripe/shuffle.ts";

describe("shuffle", () => {
  test("shuffle() keeps every value and its input, and repeats the order for the same seed", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9)), fc.integer(), (values, seed) => {
        const before = [...values];
        const shuffled = shuffle(values, seed);
        expect(values).toEqual(before);
        expect([...shuffled].sort()).toEqual([...values].sort());
        expect(shuffle(values, seed)).toEqual(shuffled);
      }),
    );
  });

  test("shuffle() reaches every order over many seeds", () => {
    const orders = new Set(Array.from({ length: 200 }, (_, seed) => shuffle([1, 2, 3], seed).join()));
    expect(orders.size).toBe(6);
  });
});
