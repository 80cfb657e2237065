import { describe, expect, it } from "vitest";
import { buildWorkers } from "../../scripts/stack/build.ts";
import { read } from "./source-files.ts";

const deployable = ["wrangler.toml", "workers/portal/wrangler.toml", "workers/deliveries/wrangler.toml"];
const developmentOnly = ["workers/pocket-stripe/wrangler.toml", "workers/dev-gateway/wrangler.toml"];

const withoutComments = (path: string) => read(path).replace(/^\s*#.*$/gm, "");

describe("wrangler files", () => {
  it.each([...deployable, ...developmentOnly])(
    "%s declares no DEV binding and no named environment",
    (path) => {
      expect(withoutComments(path)).not.toMatch(/\bDEV\b/);
      expect(withoutComments(path)).not.toMatch(/^\s*\[(env\.|vars\.)/m);
    },
  );

  it.each([...deployable, ...developmentOnly])("%s sets no variable except LOG_LEVEL", (path) => {
    const [, variables = ""] = withoutComments(path).split(/^\[vars\]$/m);
    expect([...variables.matchAll(/^(\w+) = /gm)].map(([, name]) => name)).toEqual(
      deployable.includes(path) ? ["LOG_LEVEL"] : [],
    );
  });

  it.each(deployable)("%s binds no development worker and no ProvisioningEntrypoint", (path) => {
    expect(withoutComments(path)).not.toMatch(/pocket-stripe|dev-gateway|ProvisioningEntrypoint/);
  });

  it("the deliveries wrangler file documents PUBLIC_ORIGIN as a secret and sets no value for it", () => {
    const text = read("workers/deliveries/wrangler.toml");
    expect(text).toMatch(/^# Secrets .*\bPUBLIC_ORIGIN\b/m);
    expect(withoutComments("workers/deliveries/wrangler.toml")).not.toContain("PUBLIC_ORIGIN");
    expect(read("docs/secrets.md")).toContain("`PUBLIC_ORIGIN`");
  });

  it("the portal wrangler file has the email binding commented out and names no sender", () => {
    const text = read("workers/portal/wrangler.toml");
    expect(text).toMatch(/^# \[\[send_email\]\]\n# name = "MAIL"$/m);
    expect(withoutComments("workers/portal/wrangler.toml")).not.toMatch(/send_email|MAIL_FROM|PUBLIC_ORIGIN/);
    for (const name of ["MAIL_FROM", "PUBLIC_ORIGIN"])
      expect(read("docs/portal.md")).toContain(`\`${name}\``);
  });

  it("docs/deploying.md names every name, binding and secret of the wrangler files that are deployed", () => {
    const guide = read("docs/deploying.md");
    const named = deployable.flatMap((path) => {
      const text = read(path);
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

  it("wrangler derives no DEV binding from any wrangler file", async () => {
    const bundles = await buildWorkers();
    expect(bundles.length).toBe(5);
    for (const bundle of bundles) expect(JSON.stringify(bundle)).not.toMatch(/"DEV"/);
  }, 60_000);
});
