import { describe, expect, it } from "vitest";
import { modes, regions } from "../contract/enums.ts";
import { generateApiKey, parseApiKey } from "./api-key.ts";
import { newId } from "./ids.ts";

describe("API key", () => {
  it("parseApiKey() reads mode, region and project from every key that newApiKey() makes", () => {
    for (const mode of modes)
      for (const region of regions) {
        const projectId = newId("prj");
        const apiKey = generateApiKey(mode, region, projectId);
        expect(apiKey).toMatch(new RegExp(`^lz_${mode}_[0-9a-z]+$`));
        expect(parseApiKey(apiKey)).toMatchObject({ mode, region, projectId });
      }
  });

  it("parseApiKey() returns null when any one character of a key is changed", () => {
    const apiKey = generateApiKey("test", "weur", newId("prj"));
    for (let at = 0; at < apiKey.length; at++)
      for (const character of ["0", "z", "_"]) {
        const changed = apiKey.slice(0, at) + character + apiKey.slice(at + 1);
        if (changed !== apiKey) expect(parseApiKey(changed)).toBeNull();
      }
    expect(parseApiKey(apiKey.replace("lz_test_", "lz_live_"))).toBeNull();
    expect(parseApiKey(`${apiKey}0`)).toBeNull();
  });
});
