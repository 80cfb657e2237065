import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOpenApiDocument } from "../../../scripts/sdk/read-openapi-document.ts";

/** The generators, with the TypeScript that they load as a library. */
const bin = resolve(import.meta.dirname, "../../../generated-clients/node_modules/.bin");
const timeoutMs = 60_000;
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "licenzy-clients-"));
  await writeFile(join(folder, "openapi.json"), JSON.stringify(await readOpenApiDocument()));
}, timeoutMs);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Compiles `source` next to a generated client. Returns the compiler's complaints. */
async function compile(name: string, source: string): Promise<string[]> {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, "consumer.ts"), source);
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "ES2022", "--module", "ESNext"];
  const libraries = ["--moduleResolution", "Bundler", "--lib", "ES2022,DOM,DOM.Iterable"];
  try {
    await run(join(bin, "tsc"), [...options, ...libraries, join(folder, name, "consumer.ts")], {
      cwd: folder,
      timeout: timeoutMs,
    });
    return [];
  } catch (error) {
    return (error as { stdout: string }).stdout.split("\n").filter((line) => line.includes("error"));
  }
}

/** An exhaustive switch: compiles only if the union has these codes and no other. */
const refusals = `
  switch (error.error) {
    case "insufficient_usage": return 1;
    case "idempotency_conflict": return 2;
  }`;

describe("generated clients", () => {
  it(
    "a client of openapi-typescript compiles and distinguishes errors by code",
    async () => {
      await run(join(bin, "openapi-typescript"), ["openapi.json", "-o", "a/client.ts"], {
        cwd: folder,
        timeout: timeoutMs,
      });
      const head = `import type { operations, webhooks } from "./client";
type Refusal = operations["consumeUsage"]["responses"][409]["content"]["application/json"];
export type Type = webhooks["usage.consumed"]["post"]["requestBody"]["content"]["application/json"]["type"];
export const type: Type = "usage.consumed";
export function rank(error: Refusal): number {`;
      expect(await compile("a", `${head}${refusals}\n}`)).toEqual([]);
      expect(
        await compile("a", `${head}${refusals.replace('"idempotency_conflict"', '"reservation_closed"')}\n}`),
      ).not.toEqual([]);
    },
    timeoutMs,
  );

  it(
    "a client of @hey-api/openapi-ts compiles and distinguishes errors by code",
    async () => {
      await run(join(bin, "openapi-ts"), ["-i", "openapi.json", "-o", "b/client", "-s"], {
        cwd: folder,
        timeout: timeoutMs,
      });
      const head = `import { consumeUsage, type ConsumeUsageErrors } from "./client";
export const call = () => consumeUsage({
  body: { subject_ref: "user_1", units: 5 },
  headers: { "Idempotency-Key": "order-1" },
});
export function rank(error: ConsumeUsageErrors[409]): number {`;
      expect(await compile("b", `${head}${refusals}\n}`)).toEqual([]);
      expect(
        await compile("b", `${head}${refusals.replace('"idempotency_conflict"', '"reservation_closed"')}\n}`),
      ).not.toEqual([]);
    },
    timeoutMs,
  );
});
