import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { isTestFile, read, root } from "./source-files.ts";

/**
 * What each deployed worker exports. An entrypoint that is exported can be bound by any worker of the
 * account, so each new one is a decision.
 */
const deployed = [
  {
    config: "wrangler.toml",
    index: "workers/runtime/index.ts",
    exports: [
      "AccessReplica",
      "Keyring",
      "MaintenanceEntrypoint",
      "OperatorEntrypoint",
      "Subject",
      "default",
    ],
  },
  { config: "workers/portal/wrangler.toml", index: "workers/portal/index.ts", exports: ["default"] },
  {
    config: "workers/deliveries/wrangler.toml",
    index: "workers/deliveries/index.ts",
    exports: ["Lanes", "WebhookOperatorEntrypoint", "default"],
  },
];

/** Bundles a worker as a deployment would, without writing files. */
async function bundle(index: string) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [index],
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "node",
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    loader: { ".css": "text", ".svg": "text", ".woff2": "binary" },
    external: ["cloudflare:*", "*.txt"],
  });
  const [output] = Object.values(metafile.outputs);
  return { exports: output?.exports.toSorted() ?? [], inputs: Object.keys(metafile.inputs) };
}

describe("exports of deployed workers", () => {
  it.each(deployed)("$index is the main module of $config", ({ config, index }) => {
    const [, main = ""] = /^main = "(.+)"$/m.exec(read(config)) ?? [];
    expect(join(config, "..", main)).toBe(index);
  });

  it.each(deployed)(
    "$index exports exactly the listed entrypoints and objects",
    async ({ index, exports }) => {
      expect((await bundle(index)).exports).toEqual(exports);
    },
    30_000,
  );

  it.each(deployed)(
    "the bundle of $index contains product code and no test",
    async ({ index }) => {
      const { inputs } = await bundle(index);
      expect(inputs.filter((path) => path.startsWith("shared/")).length).toBeGreaterThan(20);
      expect(inputs.filter((path) => isTestFile(path) || path.startsWith("test/"))).toEqual([]);
    },
    30_000,
  );
});
