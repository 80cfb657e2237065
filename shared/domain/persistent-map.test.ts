import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PersistentMap } from "./persistent-map.ts";

const key = fc.integer({ min: 0, max: 9 });
const changes = fc.array(fc.tuple(key, fc.option(fc.nat(99), { nil: undefined })), { maxLength: 4 });

const sorted = (entries: Iterable<readonly [number, number]>) => [...entries].sort(([a], [b]) => a - b);

describe("PersistentMap", () => {
  it("every version stays as it was, read in any order, also where a version is changed twice", () => {
    const step = fc.record({ from: fc.nat(), changes, read: fc.nat() });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        const versions = [new PersistentMap<number, number>([[0, 1]])];
        const expected = [new Map([[0, 1]])];
        for (const { from, changes, read } of steps) {
          const base = from % versions.length;
          versions.push((versions[base] as PersistentMap<number, number>).with(changes));
          const copy = new Map(expected[base]);
          for (const [each, value] of changes) {
            if (value === undefined) copy.delete(each);
            else copy.set(each, value);
          }
          expected.push(copy);
          const at = read % versions.length;
          expect(sorted(versions[at] ?? [])).toEqual(sorted(expected[at] ?? []));
        }
        for (const [index, version] of versions.entries()) {
          const copy = expected[index] ?? new Map();
          expect(version.size).toBe(copy.size);
          for (let each = 0; each < 10; each++)
            expect([version.has(each), version.get(each)]).toEqual([copy.has(each), copy.get(each)]);
        }
      }),
    );
  });

  it("an iteration sees the version that it began with, whatever is changed during it", () => {
    const version = new PersistentMap([
      ["a", 1],
      ["b", 2],
    ]);
    const seen: string[] = [];
    for (const name of version.keys()) {
      version.with([
        ["b", undefined],
        ["c", 3],
      ]);
      seen.push(name);
    }
    expect(seen).toEqual(["a", "b"]);
    expect(version.get("b")).toBe(2);
  });
});
