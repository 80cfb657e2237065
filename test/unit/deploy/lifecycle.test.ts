import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { buildDocsSite } from "../../../docs-site/generator/build.ts";
import { ownMigrations } from "../../../scripts/deploy/migrations.ts";
import { Machine } from "./deployments.ts";
import { emptyState, type Fault, type StandInState } from "./wrangler-stand-in.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let machine: Machine;
let state: StandInState;
beforeEach(async () => {
  machine = new Machine();
  state = emptyState();
  await machine.run(state, `--env production --domain licenzy.example.com --secrets ${machine.secrets}`);
});
afterEach(() => machine.dispose());

const names = ["runtime", "deliveries", "portal"].map((worker) => `licenzy-production-${worker}`);
const servingTag = (name: string, of: StandInState = state) => {
  const worker = of.workers[name];
  return worker?.versions.find(({ id }) => id === worker.serving)?.tag;
};
const problem = (lines: string[]) => lines.slice(lines.findIndex((line) => line.startsWith("✗"))).join(" ");
const previousTag = "lz-aaaaaaaaaaaa";

/** Makes what is deployed the earlier of two releases. The later one brought the newest migration. */
function deployNext(): void {
  const migrations = ownMigrations();
  for (const name of names) {
    const worker = state.workers[name];
    const deployed = worker?.versions.at(-1);
    if (worker === undefined || deployed === undefined) throw new Error("nothing is deployed");
    const next = {
      ...deployed,
      id: `${deployed.id}-next`,
      created_on: new Date(state.clock + 1000).toISOString(),
    };
    deployed.tag = previousTag;
    deployed.message = `Licenzy 0.0.9, migration ${migrations.at(-2)?.replace(".sql", "")}`;
    worker.versions.push(next);
    worker.serving = next.id;
  }
}

/** Runs the command with a fault at each of its calls, from a copy of the state, and again without. */
async function breakAtEachCall(
  command: string,
  check: (after: StandInState) => void,
  whole: { calls: string[][] },
): Promise<void> {
  const start = structuredClone(state);
  for (let at = 1; at <= whole.calls.length; at++) {
    for (const fault of ["before", "after"] satisfies Fault[]) {
      const account = structuredClone(start);
      await machine.run(account, command, { faults: new Map([[at, fault]]) });
      const { code, lines } = await machine.run(account, command);
      expect([at, fault, code, code === 0 ? "" : problem(lines)]).toEqual([at, fault, 0, ""]);
      check(account);
    }
  }
}

// A deployment builds the site, which takes longer than a test when its sources changed.
beforeAll(() => buildDocsSite(), 180_000);

describe("npm run deploy -- rollback", () => {
  it("returns all workers to the release before, callers first, and keeps the tables", async () => {
    deployNext();
    const { code, lines, calls } = await machine.run(state, "rollback --env production", {
      typed: "production",
    });
    expect(problem(lines).startsWith("✗")).toBe(false);
    expect(code).toBe(0);
    expect(names.map((name) => servingTag(name))).toEqual([previousTag, previousTag, previousTag]);
    const order = calls
      .filter(([first]) => first === "rollback")
      .map((args) => args[args.indexOf("--name") + 1]);
    expect(order).toEqual([...names].reverse());
    expect(lines.join("\n")).toContain("The tables stay at");
  });

  it("interrupted at each call, the next run finishes it", async () => {
    deployNext();
    const rehearsal = structuredClone(state);
    const whole = await machine.run(rehearsal, "rollback --env production --yes");
    const start = structuredClone(state);
    for (let at = 1; at <= whole.calls.length; at++) {
      const account = structuredClone(start);
      const broken = await machine.run(account, "rollback --env production --yes", {
        faults: new Map([[at, "after"]]),
      });
      // Once the runtime, the last, is back, the rollback is complete: a further one would go back further.
      if (broken.code !== 0 && servingTag(names[0] ?? "", account) !== previousTag)
        expect((await machine.run(account, "rollback --env production --yes")).code).toBe(0);
      expect(names.map((name) => servingTag(name, account))).toEqual([previousTag, previousTag, previousTag]);
    }
  });

  it("is refused after a secret was changed, since that would bring the old secret back", async () => {
    deployNext();
    const worker = state.workers["licenzy-production-runtime"];
    const last = worker?.versions.at(-1);
    if (worker === undefined || last === undefined) throw new Error("nothing is deployed");
    worker.versions.push({
      ...last,
      id: "changed",
      created_on: new Date(state.clock + 2000).toISOString(),
      triggeredBy: "secret",
    });
    worker.serving = "changed";
    const { code, lines } = await machine.run(state, "rollback --env production --yes");
    expect(code).toBe(1);
    expect(problem(lines)).toContain("A secret of licenzy-production-runtime was changed");
    expect(servingTag("licenzy-production-portal")).not.toBe(previousTag);
  });

  it("is refused when the tables are two releases ahead", async () => {
    deployNext();
    state.databases["licenzy-production"]?.migrations?.push("9999_later.sql");
    const { code, lines } = await machine.run(state, "rollback --env production --yes");
    expect(code).toBe(1);
    expect(problem(lines)).toContain("9999_later.sql, which is too new");
  });

  it("without an earlier release, or without a confirmation, nothing changes", async () => {
    const none = await machine.run(state, "rollback --env production --yes");
    expect(problem(none.lines)).toContain("no earlier release");
    deployNext();
    for (const typed of ["staging", null]) {
      const { code, calls } = await machine.run(state, "rollback --env production", { typed });
      expect(code).toBe(1);
      expect(calls.some(([first]) => first === "rollback")).toBe(false);
    }
  });
});

describe("npm run deploy -- rotate-keys", () => {
  const stored = (of: StandInState) =>
    JSON.parse(of.workers["licenzy-production-runtime"]?.secrets["STRIPE_WRAPPING_KEYS"] ?? "{}") as {
      current: string;
      keys: Record<string, string>;
    };

  it("adds a key that is current, keeps the old one, lists what to enter again, and retires the old one later", async () => {
    const [before] = Object.values(stored(state).keys);
    const database = state.databases["licenzy-production"];
    if (database === undefined) throw new Error("no database");
    database.sealed = [{ what: "the Stripe key of prj_1, live", key: "k1" }];
    const rotated = await machine.run(state, "rotate-keys --env production --keys stripe", {
      typed: "production",
    });
    expect(rotated.code).toBe(0);
    const { current } = stored(state);
    expect(current).toMatch(/^k2-[0-9a-f]{8}$/);
    expect(stored(state).keys).toMatchObject({ k1: before });
    expect(rotated.lines.join("\n")).toContain("the Stripe key of prj_1, live (sealed with k1)");

    const early = await machine.run(state, "rotate-keys --env production --keys stripe --retire --yes");
    expect(problem(early.lines)).toContain("Earlier keys are still needed: the Stripe key of prj_1, live.");
    database.sealed = [{ what: "the Stripe key of prj_1, live", key: current }];
    expect((await machine.run(state, "rotate-keys --env production --keys stripe --retire --yes")).code).toBe(
      0,
    );
    expect(Object.keys(stored(state).keys)).toEqual([current]);
    expect(JSON.parse(machine.readSecrets()["STRIPE_WRAPPING_KEYS"] ?? "")).toEqual(stored(state));
  });

  it.each<Fault>(["before", "after"])(
    "interrupted at each call (%s the change), the account and the copy have the same keys after the next run",
    async (fault) => {
      const command = "rotate-keys --env production --keys stripe --yes";
      const { calls } = await machine.run(state, command);
      for (let at = 1; at <= calls.length; at++) {
        const before = stored(state).keys;
        const broken = await machine.run(state, command, { faults: new Map([[at, fault]]) });
        if (broken.code !== 0) expect((await machine.run(state, command)).code).toBe(0);
        expect(JSON.parse(machine.readSecrets()["STRIPE_WRAPPING_KEYS"] ?? "")).toEqual(stored(state));
        // No key that may have sealed something is ever lost.
        expect(stored(state).keys).toMatchObject(before);
      }
    },
  );

  it("with a copy from before another person's rotation it is refused, and the account keeps that person's key", async () => {
    const old = readFileSync(join(machine.secrets, "licenzy-production.json"), "utf8");
    await machine.run(state, "rotate-keys --env production --keys stripe --yes");
    const database = state.databases["licenzy-production"];
    if (database === undefined) throw new Error("no database");
    database.sealed = [{ what: "the Stripe key of prj_1, live", key: stored(state).current }];
    const before = stored(state);
    writeFileSync(join(machine.secrets, "licenzy-production.json"), old);
    for (const retire of ["", " --retire"]) {
      const command = `rotate-keys --env production --keys stripe --yes${retire}`;
      const { code, lines } = await machine.run(state, command);
      expect(code).toBe(1);
      expect(problem(lines)).toContain("is not the newest copy: it lacks the key k2-");
      expect(stored(state)).toEqual(before);
    }
  });

  it("with a damaged value in the copy it is refused without printing a part of it", async () => {
    const file = join(machine.secrets, "licenzy-production.json");
    const copy = JSON.parse(readFileSync(file, "utf8")) as { secrets: Record<string, string> };
    copy.secrets["STRIPE_WRAPPING_KEYS"] = `topsecret${copy.secrets["STRIPE_WRAPPING_KEYS"]}`;
    writeFileSync(file, JSON.stringify(copy));
    const { code, lines } = await machine.run(state, "rotate-keys --env production --keys stripe --yes");
    expect(code).toBe(1);
    expect(problem(lines)).toContain("has no readable copy of these keys");
    expect(lines.join("\n")).not.toContain("topsecret");
  });

  it("without the copy it is refused: a new value would make every sealed secret unreadable", async () => {
    const { code, lines } = await machine.run(
      state,
      `rotate-keys --env production --keys webhook --yes --secrets ${join(machine.root, "elsewhere")}`,
    );
    expect(code).toBe(1);
    expect(problem(lines)).toContain("has no readable copy of these keys");
  });
});

describe("npm run deploy -- restore", () => {
  it("restores to the moment, after the plan says what is lost and how to undo it", async () => {
    const { code, lines } = await machine.run(state, "restore --env production --to 2026-01-02T03:04:05Z", {
      typed: "production",
    });
    expect(code).toBe(0);
    expect(state.databases["licenzy-production"]?.restoredTo).toBe("bookmark-then");
    expect(lines.join("\n")).toContain("--bookmark bookmark-now");
  });

  it("is refused while another person deploys", async () => {
    const database = state.databases["licenzy-production"];
    if (database === undefined) throw new Error("no database");
    database.lock = { holder: "dana 1234", until: state.clock / 1000 + 600 };
    const { code, lines } = await machine.run(
      state,
      "restore --env production --yes --to 2026-01-02T03:04:05Z",
    );
    expect([code, database.restoredTo]).toEqual([1, null]);
    expect(problem(lines)).toContain("dana is changing production right now");
  });

  it("to a moment before a migration, names the migration and the command that applies it again", async () => {
    state.databases["licenzy-production"]?.migrations?.pop();
    const { lines } = await machine.run(state, "restore --env production --yes --to 2026-01-02T03:04:05Z");
    expect(lines.join("\n")).toContain(`It lacks ${ownMigrations().at(-1)}, which the workers need`);
    expect(lines.join("\n")).toContain("First run npm run deploy -- --env production");
  });

  it.each([
    ["no moment", "restore --env production --yes", "The moment is missing"],
    [
      "a moment without a zone",
      "restore --env production --yes --to 2026-01-02T03:04:05",
      "no moment with a time zone",
    ],
    ["the future", "restore --env production --yes --to 2999-01-01T00:00:00Z", "in the future"],
    ["no confirmation", "restore --env production --to 2026-01-02T03:04:05Z", "Nothing was changed"],
    [
      "an environment that is not there",
      "restore --env staging --domain a.example.com --yes --to 2026-01-02T03:04:05Z",
      "no environment staging",
    ],
  ])("with %s nothing is restored", async (_name, command, message) => {
    const { code, lines } = await machine.run(state, command);
    expect(code).toBe(1);
    expect(problem(lines)).toContain(message);
    expect(state.databases["licenzy-production"]?.restoredTo).toBeNull();
  });
});

describe("npm run deploy -- destroy", () => {
  it("deletes all of the environment, nothing of another, and keeps the copy of the secrets", async () => {
    await machine.run(state, `--env staging --domain staging.example.com --secrets ${machine.secrets}`);
    const wrong = await machine.run(state, "destroy --env staging", { typed: "production" });
    expect(wrong.code).toBe(1);
    const before = structuredClone(state);
    const whole = await machine.run(state, "destroy --env staging", { typed: "staging" });
    expect(whole.code).toBe(0);
    const left = (of: StandInState) => [
      ...Object.keys(of.databases),
      ...Object.keys(of.queues),
      ...Object.keys(of.workers),
    ];
    expect(left(state).filter((name) => name.includes("staging"))).toEqual([]);
    expect(left(state)).toHaveLength(8);
    expect(machine.readSecrets("staging")).toHaveProperty("STRIPE_WRAPPING_KEYS");
    state = before;
    await breakAtEachCall(
      "destroy --env staging --yes",
      (after) => expect(left(after).filter((name) => name.includes("staging"))).toEqual([]),
      whole,
    );
  });
});

describe("npm run deploy -- status", () => {
  it("prints one screen, and names what needs attention", async () => {
    const good = await machine.run(state, "status --env production");
    expect(problem(good.lines).startsWith("✗")).toBe(false);
    expect(good.lines.length).toBeLessThan(24);
    for (const subject of ["API", "Readiness", "Webhook path", "Migrations", "Cron", "Log level", ...names])
      expect(good.lines.some((line) => line.startsWith(`✓ ${subject}`))).toBe(true);
    delete state.queues["licenzy-production-deliveries-dead"];
    state.databases["licenzy-production"]?.migrations?.pop();
    delete state.workers["licenzy-production-portal"]?.secrets["SIGN_IN_SECRET"];
    const bad = await machine.run(state, "status --env production");
    expect(bad.code).toBe(1);
    expect(bad.lines.filter((line) => line.startsWith("✗")).map((line) => line.split(/\s+/)[1])).toEqual([
      "Readiness",
      "Migrations",
      "licenzy-production-portal",
      "licenzy-production-deliveries-dead",
      "4",
    ]);
  });
});

describe("the command line", () => {
  it("a stranger deploys with the guide's line, against a program that stands in for wrangler", async () => {
    const program = join(machine.root, "wrangler.mjs");
    await build({
      entryPoints: [join(import.meta.dirname, "wrangler-program.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
    });
    const account = join(machine.root, "account.json");
    const secrets = join(machine.root, "strangers-secrets");
    const deployLine = (options: string) =>
      spawnSync(process.execPath, ["--import", "tsx", "scripts/deploy.ts", ...options.split(" ")], {
        encoding: "utf8",
        env: {
          ...process.env,
          LICENZY_WRANGLER: program,
          LICENZY_DEPLOY_DIR: join(machine.root, "strangers"),
          STAND_IN_ACCOUNT: account,
        },
      });
    const line = `--env production --domain licenzy.example.com --secrets ${secrets}`;
    const dry = deployLine(`${line} --dry-run`);
    expect(dry.stderr).toBe("");
    expect(dry.status).toBe(0);
    expect(dry.stdout).toContain("+ Deploy licenzy-production-portal");
    expect((JSON.parse(readFileSync(account, "utf8")) as StandInState).workers).toEqual({});
    expect(existsSync(secrets)).toBe(false);

    const refused = deployLine("status --env production --domain licenzy.example.com");
    expect(refused.status).toBe(1);
    expect(refused.stdout).toContain("✗ The account has no environment production");
  }, 180_000);
});
