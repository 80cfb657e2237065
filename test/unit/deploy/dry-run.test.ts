import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { workers } from "../../../scripts/deploy/names.ts";
import { configFile } from "../../../scripts/deploy/worker-configs.ts";
import { runWrangler } from "../../../scripts/deploy/wrangler.ts";
import { Machine } from "./deployments.ts";
import { emptyState } from "./wrangler-stand-in.ts";

/** Cloudflare's limit is 10 MB compressed. Ours are smaller, because a start takes time by size. */
const largest = { "licenzy-runtime": 500, "licenzy-deliveries": 250, "licenzy-portal": 700 };

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.dispose());

describe("wrangler itself", () => {
  it("accepts the generated configuration of each worker, and the bundles are small", async () => {
    const state = emptyState();
    await machine.run(
      state,
      `--env staging --domain licenzy.example.com --mail-from licenzy@mail.example.com --metrics on --secrets ${machine.secrets}`,
    );
    const sizes: Record<string, number> = {};
    for (const worker of workers) {
      const outDir = join(machine.root, worker);
      const result = await runWrangler([
        "deploy",
        "-c",
        configFile("staging", worker),
        "--dry-run",
        "--outdir",
        outDir,
      ]);
      expect([worker, result.code, result.stderr.replaceAll(/\s+/g, " ").trim()]).toEqual([worker, 0, ""]);
      sizes[worker] = Math.round(gzipSync(readFileSync(join(outDir, "index.js"))).length / 1000);
    }
    console.log("compressed bundles in kB:", sizes);
    for (const worker of workers) expect(sizes[worker]).toBeLessThan(largest[worker]);
  }, 180_000);
});
