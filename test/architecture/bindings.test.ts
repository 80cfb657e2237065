import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { experimental_readRawConfig, type Unstable_RawConfig } from "wrangler";
import { developmentAdditions } from "../../dev/stack/development-additions.ts";
import { rootDir, type WorkerName, workerConfigs, workerNames } from "../../dev/stack/paths.ts";

/** The wrangler files are the truth about bindings, and the `Env` of each worker agrees with its file. */

const keys = { current: "", keys: {} };
const additions = developmentAdditions({
  origin: "",
  stripeBase: undefined,
  secrets: { stripeWrappingKeys: keys, webhookWrappingKeys: keys, signInSecret: "", setupToken: "" },
});
const developmentOnly: WorkerName[] = ["licenzy-dev-gateway", "licenzy-pocket-stripe"];
/** Workers read what to log from `process.env`. */
const readElsewhere = new Set(["LOG_LEVEL", "LOG_SHARE"]);

interface Member {
  isOptional: boolean;
  type: string;
}

/** Returns the members of the file's `…Env` interface, including those inherited from other files. */
function readMembers(path: string): Map<string, Member> {
  const text = readFileSync(path, "utf8");
  const [, parents = "", body = ""] =
    /^export interface \w*Env(?: extends ([\w, ]+))? \{\n([\s\S]*?)^\}/m.exec(text) ?? [];
  const inherited = parents.split(", ").flatMap((parent) => {
    const [, source] = new RegExp(`^import type \\{ ${parent} \\} from "(\\..+)";`, "m").exec(text) ?? [];
    return source === undefined ? [] : [...readMembers(join(dirname(path), source))];
  });
  const members = body.matchAll(/^ {2}(\w+)(\??): (.+);$/gm);
  return new Map([
    ...inherited,
    ...[...members].map(
      ([, name = "", mark, type = ""]) => [name, { isOptional: mark === "?", type }] as const,
    ),
  ]);
}

/** Returns the bindings that a wrangler file declares, with the type that each must have. */
function readBindings(config: Unstable_RawConfig): Map<string, RegExp> {
  return new Map([
    ...(config.durable_objects?.bindings ?? []).map(
      ({ name, class_name }) => [name, new RegExp(`^DurableObjectNamespace<${class_name}>$`)] as const,
    ),
    ...(config.d1_databases ?? []).map(({ binding }) => [binding, /^D1Database$/] as const),
    ...(config.queues?.producers ?? []).map(({ binding }) => [binding, /^Queue<\w+>$/] as const),
    ...(config.services ?? []).map(({ binding }) => [binding, /^(?!string)/] as const),
    ...(config.assets?.binding === undefined ? [] : [[config.assets.binding, /^Fetcher$/] as const]),
    ...(config.version_metadata === undefined
      ? []
      : [[config.version_metadata.binding, /^WorkerVersionMetadata$/] as const]),
    ...(config.ratelimits ?? []).map(({ name }) => [name, /^RateLimit$/] as const),
    ...Object.keys(config.vars ?? {}).map((name) => [name, /^string$/] as const),
  ]);
}

describe.each(workerNames)("the bindings of %s", (name) => {
  const path = join(rootDir, workerConfigs[name]);
  const { rawConfig } = experimental_readRawConfig({ config: path });
  const members = readMembers(join(dirname(path), dirname(rawConfig.main ?? ""), "env.ts"));
  const bindings = readBindings(rawConfig);
  const added = [
    ...Object.keys(additions[name].services),
    ...Object.keys({ ...additions[name].vars, ...additions[name].secrets }),
  ].filter((binding) => !readElsewhere.has(binding));

  it("are members of its Env, required and of their type", () => {
    expect(bindings.size).toBeGreaterThan(0);
    for (const [binding, type] of bindings) {
      if (readElsewhere.has(binding)) continue;
      expect(members.get(binding), binding).toEqual({ isOptional: false, type: expect.stringMatching(type) });
    }
  });

  it("and what development adds are all that its Env requires, but for the secrets that its file names", () => {
    const [, secrets = ""] =
      /^# Secrets \(wrangler secret put\): ((?:.*\n#?)*?)\n/m.exec(readFileSync(path, "utf8")) ?? [];
    const required = [...members].filter(([, { isOptional }]) => !isOptional).map(([member]) => member);
    const isDeclared = (member: string) =>
      bindings.has(member) ||
      (developmentOnly.includes(name) ? added.includes(member) : new RegExp(`\\b${member}\\b`).test(secrets));
    expect(required.filter((member) => !isDeclared(member))).toEqual([]);
  });

  it("of development are members of its Env", () => {
    expect(added.filter((binding) => !members.has(binding))).toEqual([]);
  });
});
