import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { buildWorkers, bundleWorker } from "../../dev/stack/build.ts";
import { developmentEntries, type WorkerName, workerConfigs } from "../../dev/stack/paths.ts";

const root = resolve(import.meta.dirname, "../..");
const deployable = ["wrangler.toml", "workers/portal/wrangler.toml", "workers/deliveries/wrangler.toml"];
const developmentOnly = ["dev/pocket-stripe/wrangler.toml", "dev/gateway/wrangler.toml"];

/** Entrypoints of development: `dev/entries/` adds them to the workers that it bundles. */
const developmentEntrypoints = {
  "licenzy-runtime": ["ProvisioningEntrypoint", "VerificationEntrypoint"],
  "licenzy-deliveries": ["DevelopmentOperator", "Sweeps"],
};
const allEntrypoints = Object.values(developmentEntrypoints).flat();

const withoutComments = (path: string) => readFileSync(join(root, path), "utf8").replace(/^\s*#.*$/gm, "");

describe("what can be deployed", () => {
  it.each([...deployable, ...developmentOnly])(
    "%s declares no DEV binding and no development flag",
    (path) => {
      expect(withoutComments(path)).not.toMatch(/\bDEV\b/);
      expect(withoutComments(path)).not.toMatch(/^\s*\[(env\.|vars\.)/m);
    },
  );

  it.each([...deployable, ...developmentOnly])("%s sets no variable but those of the log", (path) => {
    const [, variables = ""] = withoutComments(path).split(/^\[vars\]$/m);
    expect([...variables.matchAll(/^(\w+) = /gm)].map(([, name]) => name)).toEqual(
      path === "wrangler.toml" ? ["LOG_LEVEL", "LOG_SHARE"] : deployable.includes(path) ? ["LOG_LEVEL"] : [],
    );
  });

  it.each(deployable)("%s reaches no development worker, and does not bind provisioning", (path) => {
    expect(withoutComments(path)).not.toMatch(/pocket-stripe|gateway/);
    for (const name of allEntrypoints) expect(withoutComments(path)).not.toContain(name);
  });

  it("says with the deliveries worker that our own origin has to be set, and holds no installation's", () => {
    const text = readFileSync(join(root, "workers/deliveries/wrangler.toml"), "utf8");
    expect(text).toMatch(/^# Secrets .*\bPUBLIC_ORIGIN\b/m);
    expect(withoutComments("workers/deliveries/wrangler.toml")).not.toContain("PUBLIC_ORIGIN");
    expect(readFileSync(join(root, "docs/secrets.md"), "utf8")).toContain("`PUBLIC_ORIGIN`");
  });

  it("mails nothing until an installation says so, and holds no installation's sender", () => {
    const text = readFileSync(join(root, "workers/portal/wrangler.toml"), "utf8");
    expect(text).toMatch(/^# \[\[send_email\]\]\n# name = "MAIL"$/m);
    expect(withoutComments("workers/portal/wrangler.toml")).not.toMatch(/send_email|MAIL_FROM|PUBLIC_ORIGIN/);
    for (const name of ["MAIL_FROM", "PUBLIC_ORIGIN"])
      expect(readFileSync(join(root, "docs/portal.md"), "utf8")).toContain(`\`${name}\``);
  });

  it("is in the guide for deploying with every name, binding and secret that its wrangler file has", () => {
    const guide = readFileSync(join(root, "docs/deploying.md"), "utf8");
    const named = deployable.flatMap((path) => {
      const text = readFileSync(join(root, path), "utf8");
      const [, secrets = ""] = /^# Secrets \(wrangler secret put\): ((?:.*\n#?)*?)\n/m.exec(text) ?? [];
      const values = text.matchAll(
        /^(?!#).*?\b(?:name|binding|queue|dead_letter_queue|database_name|database_id) = "([^"]+)"/gm,
      );
      return [
        path,
        ...[...values].map(([, value = ""]) => value),
        ...(secrets.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []),
      ];
    });
    expect(named).toEqual(expect.arrayContaining(["SUBJECT", "SIGN_IN_SECRET", "licenzy-deliveries-dead"]));
    expect(named.filter((name) => !guide.includes(name))).toEqual([]);
  });

  it("leaves files with secrets out of the repository", () => {
    const ignored = readFileSync(join(root, ".gitignore"), "utf8").split("\n");
    expect(ignored).toEqual(expect.arrayContaining([".dev/", ".dev.vars*", ".env*"]));
  });

  it("binds every worker that has DB to one database, or they would drift apart", () => {
    const ids = [...deployable, ...developmentOnly].flatMap((path) =>
      [...withoutComments(path).matchAll(/^database_id = "(.+)"$/gm)].map(([, id]) => id),
    );
    expect(ids.length).toBe(4);
    expect(new Set(ids).size).toBe(1);
  });

  it("shows no DEV binding in the options that a deployment is made of", async () => {
    const bundles = await buildWorkers();
    expect(bundles.length).toBe(5);
    for (const bundle of bundles) expect(JSON.stringify(bundle)).not.toMatch(/"DEV"/);
  }, 60_000);

  it("has no entrypoint of development in its bundle, where the bundle of development has them", async () => {
    expect(Object.keys(developmentEntries)).toEqual(Object.keys(developmentEntrypoints));
    const wordsOf = (dir: string) => new Set(readFileSync(join(dir, "index.js"), "utf8").match(/\w+/g));
    const builtDirs = new Map((await buildWorkers()).map(({ name, dir }) => [name, dir]));
    const outDir = await mkdtemp(join(tmpdir(), "licenzy-deployable-"));
    try {
      await Promise.all(
        Object.entries(developmentEntrypoints).map(async ([worker, names]) => {
          const name = worker as WorkerName;
          const development = wordsOf(builtDirs.get(name) ?? "");
          expect(names.filter((entrypoint) => !development.has(entrypoint))).toEqual([]);
          await bundleWorker(workerConfigs[name], join(outDir, name));
          const deployed = wordsOf(join(outDir, name));
          expect(allEntrypoints.filter((entrypoint) => deployed.has(entrypoint))).toEqual([]);
        }),
      );
    } finally {
      await rm(outDir, { recursive: true, force: true });
    }
  }, 120_000);
});
