import { describe, expect, it } from "vitest";
import { seal, unseal } from "./encryption.ts";

describe("crypto box", () => {
  const wrappingKey = (byte: number) => Buffer.alloc(32, byte).toString("base64");
  const old = { current: "k1", keys: { k1: wrappingKey(1) } };

  it("open() decrypts a sealed secret with the key that it names, also after a key rotation", async () => {
    const sealed = await seal(old, "associated-data/1", "sk_test_secret");
    expect(sealed).not.toContain("secret");
    const rotated = { current: "k2", keys: { k1: wrappingKey(1), k2: wrappingKey(2) } };
    expect(await unseal(rotated, "associated-data/1", sealed)).toBe("sk_test_secret");
    expect(await seal(old, "associated-data/1", "sk_test_secret")).not.toBe(sealed);
  });

  it("open() rejects a sealed secret when the associated data, the key or the text is different", async () => {
    const sealed = await seal(old, "associated-data/1", "secret");
    await expect(unseal(old, "associated-data/2", sealed)).rejects.toThrow();
    await expect(
      unseal({ current: "k1", keys: { k1: wrappingKey(9) } }, "associated-data/1", sealed),
    ).rejects.toThrow();
    await expect(
      unseal({ current: "k2", keys: { k2: wrappingKey(1) } }, "associated-data/1", sealed),
    ).rejects.toThrow(/k1/);
    const record = JSON.parse(sealed) as { text: string };
    const changed = JSON.stringify({
      ...record,
      text: `${record.text[0] === "A" ? "B" : "A"}${record.text.slice(1)}`,
    });
    await expect(unseal(old, "associated-data/1", changed)).rejects.toThrow();
  });
});
