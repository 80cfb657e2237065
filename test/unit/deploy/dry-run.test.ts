import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildDocsSite } from "../../../docs-site/generator/build.ts";
import { workers } from "../../../scripts/deploy/names.ts";
import { configFile } from "../../../scripts/deploy/worker-configs.ts";
import { runWrangler } from "../../../scripts/deploy/wrangler.ts";
import { Machine } from "./deployments.ts";
import { emptyState } from "./wrangler-stand-in.ts";

/**
 * CPU milliseconds of a start, without waiting. Cloudflare allows 1,000 on its machines; ours are shared and slower, so this
 * finds a start that has become several times longer, not a few milliseconds.
 */
const longestStartMs = 1_500;

/** Cloudflare's limit is 10 MB compressed. Ours are smaller, because a start takes time by size. */
const largest = { "licenzy-runtime": 550, "licenzy-deliveries": 250, "licenzy-portal": 700 };

let machine: Machine;
beforeEach(() => {
  machine = new Machine();
});
afterEach(() => machine.dispose());

// A deployment builds the site, which takes longer than a test when its sources changed.
beforeAll(() => buildDocsSite(), 180_000);

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
    const starts: Record<string, number> = {};
    for (const worker of workers) starts[worker] = await measureStart(configFile("staging", worker));
    console.log("CPU milliseconds of a start:", starts);
    for (const worker of workers) {
      // A profile without samples would be a start that was not measured.
      expect(starts[worker]).toBeGreaterThan(0);
      expect(starts[worker]).toBeLessThan(longestStartMs);
    }
  }, 180_000);
});

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

/** Profiles a start until the profile has samples: on a busy machine, one can have none. */
async function measureStart(config: string): Promise<number> {
  for (let tries = 0; tries < 5; tries++) {
    const busyMs = await profileStart(config);
    if (busyMs > 0) return busyMs;
  }
  return 0;
}

/** Starts the worker in workerd with its profiler, and returns the CPU time in milliseconds. */
async function profileStart(config: string): Promise<number> {
  const outfile = join(machine.root, "start.cpuprofile");
  const result = await runWrangler(["check", "startup", `--args=--config=${config}`, "--outfile", outfile]);
  expect([result.code, result.stderr.replaceAll(/\s+/g, " ").trim()]).toEqual([0, ""]);
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(outfile, "utf8")) as CpuProfile;
  const waiting = new Set(
    nodes.filter(({ callFrame }) => callFrame.functionName === "(idle)").map(({ id }) => id),
  );
  const busy = timeDeltas.filter((_, index) => !waiting.has(samples[index] ?? 0));
  return Math.round(busy.reduce((sum, delta) => sum + delta, 0) / 1_000);
}
