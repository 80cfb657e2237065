import { describe, expect, it } from "vitest";
import { read } from "./source-files.ts";

interface Package {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const { dependencies, devDependencies } = JSON.parse(read("package.json")) as Package;
const pinned = { ...dependencies, ...devDependencies };

describe("versions", () => {
  it("package.json pins exact versions, and package-lock.json has the same versions", () => {
    const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { version: string }> };
    expect(Object.keys(pinned).length).toBeGreaterThan(15);
    const generators = JSON.parse(read("generated-clients/package.json")) as Package;
    for (const [name, version] of Object.entries(generators.devDependencies))
      expect(`${name} ${lock.packages[`generated-clients/node_modules/${name}`]?.version}`).toBe(
        `${name} ${version}`,
      );
    for (const [name, version] of Object.entries(pinned)) {
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/);
      expect(`${name} ${lock.packages[`node_modules/${name}`]?.version}`).toBe(`${name} ${version}`);
    }
  });

  it("the SDK has the version of the release, which its command line prints", () => {
    const versionOf = (path: string) => (JSON.parse(read(path)) as { version: string }).version;
    expect(versionOf("sdk/package.json")).toBe(versionOf("package.json"));
  });

  it("all wrangler files have one compatibility date that the pinned workerd supports", () => {
    const configurations = [
      "wrangler.toml",
      "workers/portal/wrangler.toml",
      "workers/deliveries/wrangler.toml",
      "dev/gateway/wrangler.toml",
      "dev/pocket-stripe/wrangler.toml",
    ];
    const dates = configurations.map(
      (path) => /^compatibility_date = "(.+)"$/m.exec(read(path))?.[1] ?? path,
    );
    expect(new Set(dates).size).toBe(1);
    const newest =
      /^4\.(\d{4})(\d{2})(\d{2})\./
        .exec(pinned["miniflare"] ?? "")
        ?.slice(1)
        .join("-") ?? "";
    expect(newest).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect((dates[0] ?? "") <= newest).toBe(true);
  });
});
