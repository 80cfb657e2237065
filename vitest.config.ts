import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { build } from "esbuild";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { bundleCore } from "./scripts/sdk/build.ts";

/** Bundles the worker behind the `DEV` binding of the tests in workerd. */
async function bundleDevWorker(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ["test/workerd/dev-worker.ts"],
    bundle: true,
    write: false,
    format: "esm",
    external: ["cloudflare:workers"],
  });
  return outputFiles[0]?.text ?? "";
}

/** The package `licenzy`, from its sources, for the examples. */
const licenzy = [
  { find: /^licenzy$/, replacement: `${import.meta.dirname}/sdk/src/index.ts` },
  { find: /^licenzy\/(express|hono|next)$/, replacement: `${import.meta.dirname}/sdk/src/middleware/$1.ts` },
];

/** `licenzy:built` is the SDK as it is published: a test runs it inside workerd. */
const builtSdk: Plugin = {
  name: "built-sdk",
  resolveId: (id) => (id === "licenzy:built" ? "\0licenzy:built" : undefined),
  load: (id) => (id === "\0licenzy:built" ? bundleCore() : undefined),
};

/**
 * For states that must come about, on a busy machine too: how soon they do is for the benchmark. `test/eventually.ts` waits as
 * long.
 */
const expectOptions = { poll: { timeout: 20_000, interval: 100 } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["shared/**/*.test.ts", "test/unit/**/*.test.ts", "test/architecture/**/*.test.ts"],
        },
      },
      {
        plugins: [
          builtSdk,
          cloudflareTest(async () => ({
            main: "./workers/runtime/index.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                MIGRATIONS: await readD1Migrations("./migrations"),
                // Quiet; a test that reads lines raises it.
                LOG_LEVEL: "error",
                LOG_SHARE: "1",
                HISTORIES: Number(process.env["HISTORIES"] ?? 2_000),
                SEED: Number(process.env["SEED"] ?? Date.now() % 2 ** 31),
                // A fixed key of no value: 32 zero bytes.
                STRIPE_WRAPPING_KEYS: JSON.stringify({
                  current: "test",
                  keys: { test: Buffer.alloc(32).toString("base64") },
                }),
              },
              // A second data database. Most tests have their projects in the first.
              d1Databases: { DATA_01: "data-01" },
              serviceBindings: { DEV: { name: "test-dev", entrypoint: "Dev" } },
              workers: [
                {
                  name: "test-dev",
                  modules: true,
                  script: await bundleDevWorker(),
                  compatibilityDate: "2026-04-01",
                },
              ],
            },
          })),
        ],
        test: {
          name: "workerd",
          expect: expectOptions,
          include: ["test/workerd/**/*.test.ts"],
          setupFiles: ["./test/workerd/apply-migrations.ts"],
          testTimeout: 60_000,
          // One file each instead of the hundreds that these packages consist of: starting takes half as long.
          deps: {
            optimizer: {
              ssr: {
                enabled: true,
                include: [
                  "stripe",
                  "drizzle-orm",
                  "drizzle-orm/d1",
                  "drizzle-orm/sqlite-core",
                  "zod",
                  "hono",
                  "hono/factory",
                  "hono/request-id",
                  "hono/route",
                  "hono/jsx",
                  "hono/html",
                  "@hono/zod-openapi",
                ],
              },
            },
          },
        },
      },
      {
        resolve: { alias: licenzy },
        test: {
          name: "system",
          expect: expectOptions,
          setupFiles: ["./dev/stack/separate-connections.ts", "./test/system/stop-billing.ts"],
          include: ["test/system/**/*.test.ts"],
          globalSetup: ["./test/system/global-stack.ts"],
          // Pocket Stripe's failures and delivery modes hold for the whole stack: one file at a time.
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "stripe",
          expect: expectOptions,
          setupFiles: ["./dev/stack/separate-connections.ts"],
          // Unchanged tests of the other kinds, with a Stripe that is reached over TCP, and those of that path alone.
          include: [
            "test/stripe/**/*.test.ts",
            "test/system/main-job.test.ts",
            "test/system/support.test.ts",
            "test/system/access-audit.test.ts",
            "test/browser/playbooks.test.ts",
          ],
          env: { STRIPE_OVER_TCP: "1" },
          globalSetup: ["./test/system/global-tcp-stack.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "browser",
          expect: expectOptions,
          setupFiles: ["./dev/stack/separate-connections.ts"],
          include: ["test/browser/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "dev",
          expect: expectOptions,
          setupFiles: ["./dev/stack/separate-connections.ts"],
          include: ["test/dev/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: "fault",
          expect: expectOptions,
          setupFiles: ["./dev/stack/separate-connections.ts"],
          include: ["test/fault/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
