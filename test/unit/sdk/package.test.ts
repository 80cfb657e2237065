import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { publint } from "publint";
import { beforeAll, describe, expect, it } from "vitest";
import { buildSdk } from "../../../scripts/sdk/build.ts";
import { printContract } from "../../../scripts/sdk/print-contract.ts";
import { readOpenApiDocument } from "../../../scripts/sdk/read-openapi-document.ts";

const root = resolve(import.meta.dirname, "../../..");
const folder = join(root, "sdk");
const dist = join(folder, "dist");
const timeoutMs = 120_000;
const maxCoreBytes = 12 * 1024;
beforeAll(() => buildSdk(dist), timeoutMs);

/** Returns the file and every chunk that it imports, as one text. */
async function readWithChunks(path: string, seen = new Set<string>()): Promise<string> {
  if (seen.has(path)) return "";
  seen.add(path);
  const text = await readFile(path, "utf8");
  const imports = [...text.matchAll(/from"?\s*"(\.[^"]+)"/g)].map(([, name = ""]) =>
    resolve(path, "..", name),
  );
  return [text, ...(await Promise.all(imports.map((each) => readWithChunks(each, seen))))].join("\n");
}

describe("the package", () => {
  it("the core has at most 12 KB gzip, and no dependency", async () => {
    const core = await readWithChunks(join(dist, "index.js"));
    expect(core).toContain("lz_test_");
    const { length } = gzipSync(core);
    console.log(`core: ${length} bytes gzip`);
    expect(length).toBeLessThanOrEqual(maxCoreBytes);
    expect(core).not.toMatch(/from "(?!\.)/);
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Record<
      string,
      unknown
    >;
    expect([manifest["dependencies"], manifest["peerDependencies"]]).toEqual([undefined, undefined]);
  });

  it(
    "publint and the types check find no problem",
    async () => {
      const { messages } = await publint({ pkgDir: folder, level: "suggestion", strict: true });
      expect(messages.map(({ code }) => code)).toEqual([]);
      const { stdout } = await promisify(execFile)(
        join(root, "node_modules/.bin/attw"),
        ["--pack", folder, "--profile", "esm-only", "--format", "json"],
        { cwd: root, timeout: timeoutMs },
      );
      const { problems } = (JSON.parse(stdout) as { analysis: { problems: { resolutionKind?: string }[] } })
        .analysis;
      // The package is ESM only: resolutions that know no ESM are not its own.
      const own = problems.filter(
        ({ resolutionKind = "" }) => !["node10", "node16-cjs"].includes(resolutionKind),
      );
      expect(own).toEqual([]);
    },
    timeoutMs,
  );

  it("every declaration names only files of the package", async () => {
    const declarations = (await readdir(dist, { recursive: true })).filter((path) => path.endsWith(".d.ts"));
    expect(declarations.length).toBeGreaterThan(10);
    for (const path of declarations) {
      const text = await readFile(join(dist, path), "utf8");
      for (const [, name = ""] of text.matchAll(/from "([^"]+)"/g)) {
        const target = resolve(dist, path, "..", name).replace(/\.js$/, ".d.ts");
        expect(target.startsWith(dist), `${path} imports ${name}`).toBe(true);
        await readFile(target);
      }
    }
  });

  it(
    "the built package works: a checkout in memory gives access",
    async () => {
      const { TestLicenzy } = (await import(
        pathToFileURL(join(dist, "testing/index.js")).href
      )) as typeof import("../../../sdk/src/testing/index.ts");
      const memory = new TestLicenzy({ products: [{ code: "CREDITS", kind: "usage_pack", units: 10 }] });
      const licenzy = memory.client();
      const checkout = await licenzy.checkout.create({ subjectRef: "user_1", productCode: "CREDITS" });
      if (!checkout.ok) throw new Error(checkout.message);
      memory.pay(checkout.attemptId);
      expect(await licenzy.access.check("user_1")).toMatchObject({ ok: true, allowed: true });
    },
    timeoutMs,
  );

  it(
    "the SDK's types are those of the OpenAPI document: `npm run sdk:types` changes nothing",
    async () => {
      // Without the formatter's line breaks, parentheses, commas and order.
      const words = (text: string) =>
        text
          .match(/[\w$]+|"[^"]*"/g)
          ?.toSorted()
          .join(" ");
      const written = await readFile(join(folder, "src/contract.ts"), "utf8");
      expect(words(printContract(await readOpenApiDocument()))).toBe(words(written));
    },
    timeoutMs,
  );
});
