import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modes, regions } from "../../shared/contract/words.ts";
import { newApiKey, parseApiKey } from "../../shared/kit/api-key.ts";
import { decodeBase32, encodeBase32 } from "../../shared/kit/base32.ts";
import { canonicalJson } from "../../shared/kit/canonical-json.ts";
import { open, seal } from "../../shared/kit/crypto-box.ts";
import { decodeDecisionId, encodeDecisionId } from "../../shared/kit/decision-id.ts";
import { derivedId, newId } from "../../shared/kit/ids.ts";
import { DependencyUnavailableError, TimeoutError, withTimeout } from "../../shared/kit/timeout.ts";

describe("base 32", () => {
  it("gives back what it was given, and refuses what it never made", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(Uint8Array.from(bytes));
      }),
    );
    for (const text of ["u", "I", "-", "zz", "0000000000000001z"]) expect(decodeBase32(text)).toBeNull();
  });
});

describe("an API key", () => {
  it("tells mode, region and project, and its hash", () => {
    for (const mode of modes)
      for (const region of regions) {
        const projectId = newId("prj");
        const apiKey = newApiKey(mode, region, projectId);
        expect(apiKey).toMatch(new RegExp(`^lz_${mode}_[0-9a-z]+$`));
        expect(parseApiKey(apiKey)).toMatchObject({ mode, region, projectId });
      }
  });

  it("is refused when any one character is another", () => {
    const apiKey = newApiKey("test", "weur", newId("prj"));
    for (let at = 0; at < apiKey.length; at++)
      for (const character of ["0", "z", "_"]) {
        const changed = apiKey.slice(0, at) + character + apiKey.slice(at + 1);
        if (changed !== apiKey) expect(parseApiKey(changed)).toBeNull();
      }
    expect(parseApiKey(apiKey.replace("lz_test_", "lz_live_"))).toBeNull();
    expect(parseApiKey(`${apiKey}0`)).toBeNull();
  });
});

describe("a decision id", () => {
  it("tells sequence and time to the subject it was made for, and to no other", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.integer({ min: 0, max: 2 ** 47 }), (sequence, at) => {
        const id = encodeDecisionId("prj_1/test/a", { sequence, at });
        expect(decodeDecisionId("prj_1/test/a", id)).toEqual({ sequence, at });
        expect(decodeDecisionId("prj_1/test/b", id)).toBeNull();
      }),
    );
    for (const junk of ["", "dec_", "dec_0", "dex_0000000000000000000000000000000"])
      expect(decodeDecisionId("prj_1/test/a", junk)).toBeNull();
  });
});

describe("ids", () => {
  it("sort by age, and are derived alike from alike", () => {
    expect(newId("att", 1_000) < newId("att", 2_000)).toBe(true);
    expect(newId("att", 2 ** 32 - 1) < newId("att", 2 ** 32)).toBe(true);
    expect(derivedId("ent", "x")).toBe(derivedId("ent", "x"));
    expect(derivedId("ent", "x")).not.toBe(derivedId("ent", "y"));
    expect(newId("ent")).toMatch(/^ent_[0-9a-z]{26}$/);
  });
});

describe("canonical JSON", () => {
  it("is one text for equal values, whatever the order of their keys", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "x" }], a: undefined })).toBe('{"b":[1,{"c":"x","d":null}]}');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("a sealed secret", () => {
  const keyOf = (byte: number) => Buffer.alloc(32, byte).toString("base64");
  const old = { current: "k1", keys: { k1: keyOf(1) } };

  it("opens in its place with the key it names, also after that key was replaced", async () => {
    const sealed = await seal(old, "place/1", "sk_test_secret");
    expect(sealed).not.toContain("secret");
    const rotated = { current: "k2", keys: { k1: keyOf(1), k2: keyOf(2) } };
    expect(await open(rotated, "place/1", sealed)).toBe("sk_test_secret");
    expect(await seal(old, "place/1", "sk_test_secret")).not.toBe(sealed);
  });

  it("does not open elsewhere, with another key, or changed", async () => {
    const sealed = await seal(old, "place/1", "secret");
    await expect(open(old, "place/2", sealed)).rejects.toThrow();
    await expect(open({ current: "k1", keys: { k1: keyOf(9) } }, "place/1", sealed)).rejects.toThrow();
    await expect(open({ current: "k2", keys: { k2: keyOf(1) } }, "place/1", sealed)).rejects.toThrow(/k1/);
    const record = JSON.parse(sealed) as { text: string };
    const changed = JSON.stringify({
      ...record,
      text: `${record.text[0] === "A" ? "B" : "A"}${record.text.slice(1)}`,
    });
    await expect(open(old, "place/1", changed)).rejects.toThrow();
  });
});

describe("withTimeout", () => {
  it("rejects with the name of the dependency that failed or did not respond in time", async () => {
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
