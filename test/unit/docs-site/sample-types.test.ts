import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../scripts/run.ts";
import { buildSdk } from "../../../scripts/sdk/build.ts";
import { readSiteSamples } from "../../system/site-samples.ts";

/** The TypeScript of the documentation site compiles for a reader in strict mode, against the built package. */

const root = resolve(import.meta.dirname, "../../..");

const compilerOptions = {
  target: "ES2024",
  lib: ["ES2024"],
  types: ["node"],
  module: "NodeNext",
  strict: true,
  skipLibCheck: true,
  noEmit: true,
  allowJs: true,
  checkJs: true,
};

/** What a reader installs besides `licenzy`. */
const packages = ["@hono/node-server", "@types/node", "@types/express", "express", "hono"];

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "licenzy-sample-types-"));
  const modules = join(folder, "node_modules");
  await buildSdk(join(modules, "licenzy/dist"));
  await symlink(join(root, "sdk/package.json"), join(modules, "licenzy/package.json"));
  for (const name of packages) {
    await mkdir(dirname(join(modules, name)), { recursive: true });
    await symlink(join(root, "node_modules", name), join(modules, name));
  }
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
}, 120_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Compiles the files, each as a separate module. Returns the compiler's errors. */
async function compile(name: string, files: Record<string, string>): Promise<string[]> {
  const path = join(folder, name);
  await mkdir(path);
  for (const [file, code] of Object.entries(files))
    await writeFile(join(path, file), `${code}\nexport {};\n`);
  await writeFile(join(path, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*"] }));
  const tsc = join(root, "node_modules/.bin/tsc");
  const { output } = await run(tsc, ["--project", path, "--pretty", "false"], { quiet: true });
  return output.split("\n").filter((line) => line.includes(" error "));
}

describe("TypeScript samples of the documentation site", () => {
  it("compile in strict mode", async () => {
    const samples = (await readSiteSamples()).filter(({ language }) => language === "ts");
    expect(samples.length).toBeGreaterThan(10);
    const files = samples.map(({ sample = "", tab, code }) => {
      // A tab is named after its file where it matters.
      const extension = tab?.endsWith(".mjs") === true ? "mjs" : "ts";
      return [`${sample}.${extension}`, code] as const;
    });
    expect(await compile("samples", Object.fromEntries(files))).toEqual([]);
  }, 120_000);

  it("would not compile with a method that the SDK does not have", async () => {
    const code = `import { Licenzy } from "licenzy";\nawait new Licenzy({ apiKey: "lz_test_1" }).access.chek("user_8812");`;
    expect((await compile("wrong", { "wrong.ts": code })).join()).toContain("chek");
  }, 120_000);
});
