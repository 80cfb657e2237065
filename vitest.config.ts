import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { build } from "esbuild";
import { defineConfig } from "vitest/config";

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
          cloudflareTest(async () => ({
            main: "./workers/runtime/index.ts",
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                MIGRATIONS: await readD1Migrations("./migrations"),
                // Quiet; a test that reads lines raises it.
                LOG_LEVEL: "error",
                HISTORIES: Number(process.env["HISTORIES"] ?? 2_000),
                SEED: Number(process.env["SEED"] ?? Date.now() % 2 ** 31),
                // A fixed key of no value: 32 zero bytes.
                STRIPE_WRAPPING_KEYS: JSON.stringify({
                  current: "test",
                  keys: { test: Buffer.alloc(32).toString("base64") },
                }),
              },
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
        test: {
          name: "system",
          setupFiles: ["./dev/stack/keep-alive.ts"],
          include: ["test/system/**/*.test.ts"],
          globalSetup: ["./test/system/global-stack.ts"],
          // Pocket Stripe's failures and delivery modes hold for the whole stack: one file at a time.
          fileParallelism: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "browser",
          setupFiles: ["./dev/stack/keep-alive.ts"],
          include: ["test/browser/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "dev",
          setupFiles: ["./dev/stack/keep-alive.ts"],
          include: ["test/dev/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: "fault",
          setupFiles: ["./dev/stack/keep-alive.ts"],
          include: ["test/fault/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
