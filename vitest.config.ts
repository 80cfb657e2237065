import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

/** A DEV binding for tests in workerd: a clock that a test can move, and a Stripe that says what a test tells it to. */
const testDev = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  let offsetMs = 0;
  let stripeBehindMs = 0;
  let answers = [];
  const missing = { error: { type: "invalid_request_error", code: "resource_missing", message: "No such object" } };
  export class Dev extends WorkerEntrypoint {
    clockOffsetMs() { return offsetMs; }
    advance(ms) { offsetMs += ms; return offsetMs; }
    stripeIsBehind(ms) { stripeBehindMs = ms; }
    stripeAnswers(all) { answers = all; }
    fetch(request) {
      const { pathname, search } = new URL(request.url);
      const asked = decodeURIComponent(pathname + search);
      const { status, body } = answers.find(({ path }) => asked.startsWith(path)) ?? { status: 404, body: missing };
      const at = new Date(Date.now() + offsetMs - stripeBehindMs);
      return Response.json(body, { status, headers: { Date: at.toUTCString() } });
    }
  }
  export default { fetch() { return new Response(null, { status: 404 }); } };
`;

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
                  script: testDev,
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
