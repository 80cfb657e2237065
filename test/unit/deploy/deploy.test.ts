import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { buildDocsSite } from "../../../docs-site/generator/build.ts";
import { ownMigrations } from "../../../scripts/deploy/migrations.ts";
import { newestMigration } from "../../../shared/db/newest-migration.ts";
import { Machine } from "./deployments.ts";
import { emptyState, type Fault, newDatabase, type StandInState } from "./wrangler-stand-in.ts";

// The first run loads wrangler, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let machine: Machine;
let first: string;
beforeEach(() => {
  machine = new Machine();
  first = `--env production --domain licenzy.example.com --secrets ${machine.secrets}`;
});
afterEach(() => machine.dispose());

const writes = /^(d1 create|d1 migrations|queues create|secret bulk|secret delete|deploy |rollback|delete )/;
const written = (calls: string[][]) =>
  calls.map((args) => args.join(" ")).filter((call) => writes.test(call));

/** What an account contains, without ids, times and values that differ by run. */
function contentsOf({ databases, queues, workers }: StandInState) {
  return {
    databases: Object.entries(databases).map(([name, { location, migrations, lock }]) => ({
      name,
      location,
      migrations,
      lock,
    })),
    queues,
    workers: Object.entries(workers)
      .map(([name, { secrets, versions, serving, routes }]) => ({
        name,
        secrets: Object.keys(secrets).sort(),
        tag: versions.find(({ id }) => id === serving)?.tag?.slice(0, 3),
        routes,
      }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  };
}

// A deployment builds the site, which takes longer than a test when its sources changed.
beforeAll(() => buildDocsSite(), 180_000);

describe("npm run deploy", () => {
  it("the first deployment creates everything, in an order that Cloudflare accepts, and names the setup page", async () => {
    const state = emptyState();
    const { code, lines, calls } = await machine.run(state, first);
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(code).toBe(0);
    expect(Object.keys(state.databases)).toEqual(["licenzy-production"]);
    expect(state.databases["licenzy-production"]).toMatchObject({
      location: "weur",
      lock: null,
      migrations: ownMigrations(),
    });
    expect(state.queues).toEqual({
      "licenzy-production-stripe-retries": { consumers: 1 },
      "licenzy-production-stripe-retries-dead": { consumers: 0 },
      "licenzy-production-deliveries": { consumers: 1 },
      "licenzy-production-deliveries-dead": { consumers: 0 },
    });
    const secretsOf = (worker: string) =>
      Object.keys(state.workers[`licenzy-production-${worker}`]?.secrets ?? {});
    expect(secretsOf("runtime")).toEqual(["STRIPE_WRAPPING_KEYS"]);
    expect(secretsOf("deliveries")).toEqual(["WEBHOOK_WRAPPING_KEYS"]);
    expect(secretsOf("portal")).toEqual(["SIGN_IN_SECRET", "SETUP_TOKEN"]);
    expect(lines.join("\n")).toContain("https://licenzy.example.com/setup");
    expect(calls.some((args) => args[0] === "rollback")).toBe(false);
  });

  it("no secret is printed or is an argument of wrangler, and the copy is readable by its owner only", async () => {
    const state = emptyState();
    const { lines, calls } = await machine.run(state, first);
    const copy = machine.readSecrets();
    const inAccount = Object.assign(
      {},
      ...Object.values(state.workers).map(({ secrets }) => secrets),
    ) as Record<string, string>;
    expect(copy).toEqual(inAccount);
    expect(Object.keys(copy)).toHaveLength(4);
    const shown = [...lines, ...calls.flat()].join("\n");
    for (const secret of Object.values(copy)) expect(shown).not.toContain(secret);
    expect(statSync(join(machine.secrets, "licenzy-production.json")).mode & 0o777).toBe(0o600);
  });

  it("a second run changes nothing, and needs no option but the environment", async () => {
    const state = emptyState();
    await machine.run(state, first);
    const before = structuredClone(state.workers);
    const { code, calls, lines } = await machine.run(state, "--env production");
    expect(code).toBe(0);
    expect(written(calls)).toEqual([]);
    expect(lines.filter((line) => line.startsWith("+"))).toEqual([]);
    expect(state.workers).toEqual(before);
  });

  it("a dry run prints the plan and writes nothing, to the account or for the next run", async () => {
    const state = emptyState();
    const { code, lines, calls } = await machine.run(state, `${first} --dry-run`);
    expect(code).toBe(0);
    expect(written(calls)).toEqual([]);
    expect(lines.filter((line) => line.startsWith("+"))).toHaveLength(12);
    expect(state.workers).toEqual({});
    expect((await machine.run(state, "--env production")).lines[0]).toContain("The domain is missing");
  });

  it.each<Fault>(["before", "after", "garbage"])(
    "broken off at each call (%s the change), the next run finishes the deployment",
    async (fault) => {
      const whole = emptyState();
      const { calls } = await machine.run(whole, first);
      const expected = contentsOf(whole);
      expect(calls.length).toBeGreaterThan(30);
      let interrupted = 0;
      for (let at = 1; at <= calls.length; at++) {
        const operator = new Machine();
        try {
          const state = emptyState();
          const options = `--env production --domain licenzy.example.com --secrets ${operator.secrets}`;
          const broken = await operator.run(state, options, { faults: new Map([[at, fault]]) });
          if (broken.code !== 0) {
            interrupted++;
            expect(broken.lines.filter((line) => line.startsWith("✗"))).toHaveLength(1);
          }
          const again = await operator.run(state, options);
          expect([at, calls[at - 1], again.lines.filter((line) => line.startsWith("✗"))]).toEqual([
            at,
            calls[at - 1],
            [],
          ]);
          expect(contentsOf(state)).toEqual(expected);
          const stored = Object.values(state.workers).flatMap(({ secrets }) => Object.entries(secrets));
          expect(Object.fromEntries(stored)).toEqual(operator.readSecrets());
        } finally {
          operator.dispose();
        }
      }
      expect(interrupted).toBeGreaterThan(calls.length / 3);
    },
    120_000,
  );

  it("staging and production share one account, with separate names, routes and secrets", async () => {
    const state = emptyState();
    await machine.run(state, first);
    const production = structuredClone(state.workers);
    const { code } = await machine.run(
      state,
      `--env staging --domain staging.licenzy.example.com --zone example.com --secrets ${machine.secrets}`,
    );
    expect(code).toBe(0);
    expect(Object.keys(state.databases)).toEqual(["licenzy-production", "licenzy-staging"]);
    expect(Object.keys(state.queues)).toHaveLength(8);
    for (const [name, worker] of Object.entries(production)) expect(state.workers[name]).toEqual(worker);
    expect(machine.readSecrets("staging")["SIGN_IN_SECRET"]).not.toBe(
      machine.readSecrets()["SIGN_IN_SECRET"],
    );
  });

  it("an upgrade applies the missing migration before it deploys the workers", async () => {
    const state = emptyState();
    await machine.run(state, first);
    const database = state.databases["licenzy-production"];
    database?.migrations?.pop();
    for (const worker of Object.values(state.workers))
      for (const version of worker.versions) version.tag = "lz-000000000000";
    const { code, calls } = await machine.run(state, "--env production");
    expect(code).toBe(0);
    expect(written(calls).map((call) => call.split(" -c ")[0]?.split(" ").slice(0, 3).join(" "))).toEqual([
      "d1 migrations apply",
      "deploy",
      "deploy",
      "deploy",
    ]);
    expect(database?.migrations?.at(-1)).toBe(newestMigration);
  });

  it("a migration that fails half-way is named, the old workers keep running, and the next run continues", async () => {
    const state = emptyState();
    state.brokenMigration = ownMigrations()[3] ?? "";
    const { code, lines } = await machine.run(state, first);
    expect(code).toBe(1);
    expect(lines.join(" ")).toContain(`Migration ${state.brokenMigration} failed`);
    expect(state.databases["licenzy-production"]?.migrations).toHaveLength(3);
    expect(Object.values(state.workers)).toEqual([]);
    state.brokenMigration = null;
    expect((await machine.run(state, first)).code).toBe(0);
  });

  it("once there is an owner, the next run deletes the setup token", async () => {
    const state = emptyState();
    await machine.run(state, first);
    const database = state.databases["licenzy-production"];
    if (database !== undefined) database.hasOperator = true;
    const { code, lines } = await machine.run(state, "--env production");
    expect(code).toBe(0);
    expect(Object.keys(state.workers["licenzy-production-portal"]?.secrets ?? {})).toEqual([
      "SIGN_IN_SECRET",
    ]);
    expect(machine.readSecrets()).not.toHaveProperty("SETUP_TOKEN");
    expect(lines.join("\n")).not.toContain("/setup");
    expect(written((await machine.run(state, "--env production")).calls)).toEqual([]);
  });

  it("two people at once: the second is refused with the first one's name, and continues after the lock ran out", async () => {
    const state = emptyState();
    await machine.run(state, first);
    const database = state.databases["licenzy-production"];
    if (database !== undefined) database.lock = { holder: "dana 1234", until: state.clock / 1000 + 600 };
    const refused = await machine.run(state, "--env production");
    expect(refused.code).toBe(1);
    expect(refused.lines.join(" ")).toContain("dana is changing production right now");
    state.clock += 3_600_000;
    expect((await machine.run(state, "--env production")).code).toBe(0);
  });
});

describe("a deployment from another checkout", () => {
  const elsewhere = async (state: StandInState, command: string) => {
    const other = new Machine();
    try {
      return await other.run(state, command.replace("SECRETS", other.secrets));
    } finally {
      other.dispose();
    }
  };
  const bare = "--env production --domain licenzy.example.com";

  it("that gives the domain only keeps mail, metrics and log level as they are", async () => {
    const state = emptyState();
    const decided = "--mail-from licenzy@mail.example --metrics on --log-level warn --zone example.com";
    await machine.run(state, `${first} ${decided}`);
    const workers = structuredClone(state.workers);
    const { code, lines, calls } = await elsewhere(state, bare);
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(code).toBe(0);
    expect(written(calls)).toEqual([]);
    expect(state.workers).toEqual(workers);
  });

  it("that gives other settings changes them, also for the first checkout", async () => {
    const state = emptyState();
    await machine.run(state, `${first} --log-level warn`);
    expect(written((await elsewhere(state, `${bare} --log-level error`)).calls)).toHaveLength(3);
    expect(written((await machine.run(state, "--env production")).calls)).toEqual([]);
  });

  it("makes no new key where one is lost and rows need it", async () => {
    const state = emptyState();
    await machine.run(state, first);
    const database = state.databases["licenzy-production"];
    if (database === undefined) throw new Error("no database");
    database.hasOperator = true;
    database.sealed = [{ what: "the Stripe key of prj_1, live", key: "k1" }];
    for (const [worker, secret] of [
      ["runtime", "STRIPE_WRAPPING_KEYS"],
      ["deliveries", "WEBHOOK_WRAPPING_KEYS"],
      ["portal", "SIGN_IN_SECRET"],
    ] as const) {
      const { secrets } = state.workers[`licenzy-production-${worker}`] ?? {
        secrets: {} as Record<string, string>,
      };
      const value = secrets[secret] ?? "";
      delete secrets[secret];
      const { code, lines } = await elsewhere(state, `${bare} --secrets SECRETS`);
      expect(code).toBe(1);
      expect(lines.join(" ")).toContain(`licenzy-production-${worker} lost its ${secret}`);
      expect(secrets).not.toHaveProperty(secret);
      // The checkout with the copy sets the same value again.
      expect((await machine.run(state, "--env production")).code).toBe(0);
      expect(secrets[secret]).toBe(value);
    }
  });
});

describe("what can be wrong", () => {
  const cases: [string, string, (state: StandInState) => unknown, string, string][] = [
    [
      "no login",
      "",
      (state) => Object.assign(state, { signedIn: false }),
      "wrangler is not signed in.",
      "npx wrangler login",
    ],
    [
      "a token without D1",
      "",
      (state) => state.forbidden.push("d1"),
      "refused the token",
      "Account, D1, Edit",
    ],
    [
      "a token without Queues",
      "",
      (state) => state.forbidden.push("queues"),
      "refused the token",
      "Account, Queues, Edit",
    ],
    [
      "a token without Workers",
      "",
      (state) => state.forbidden.push("secret"),
      "refused the token",
      "Workers Scripts, Edit",
    ],
    [
      "a token without routes",
      "",
      (state) => state.forbidden.push("deploy"),
      "refused the token",
      "Workers Routes, Edit",
    ],
    [
      "a domain of another zone",
      "--domain licenzy.other.net",
      () => undefined,
      "Could not find zone",
      "run the same command again",
    ],
    [
      "a domain outside of the given zone",
      "--zone other.net",
      () => undefined,
      "not in the zone other.net",
      "--zone",
    ],
    [
      "an address instead of a host name",
      "--domain https://licenzy.example.com",
      () => undefined,
      "is no host name",
      "without https://",
    ],
    [
      "an environment with capitals",
      "--env Production",
      () => undefined,
      "can't name an environment",
      "lowercase",
    ],
    [
      "an environment that is named like a database of another",
      "--env production-data-01",
      () => undefined,
      "a database of another one could have its name",
      "does not end with data-",
    ],
    ["an unknown option", "--environment x", () => undefined, "Unknown option", "--help"],
    ["an unknown command", "launch", () => undefined, "There is no command", "Commands are"],
    ["an unknown location", "--location mars", () => undefined, 'can\'t be "mars"', "weur"],
    ["secrets in the checkout", "--secrets ./secrets", () => undefined, "inside of the checkout", "outside"],
    [
      "a database of another product",
      "",
      (state) =>
        Object.assign(state.databases, {
          "licenzy-production": { ...newDatabase(), foreignTables: ["wp_posts"] },
        }),
      "is not Licenzy's: it contains wp_posts",
      "another --env",
    ],
    [
      "a database of a newer release",
      "",
      (state) =>
        Object.assign(state.databases, {
          "licenzy-production": {
            ...newDatabase(),
            migrations: [...ownMigrations(), "9999_later.sql"],
          },
        }),
      "9999_later.sql of a newer release",
      "git pull",
    ],
    [
      "a worker of another product",
      "",
      (state) =>
        Object.assign(state.workers, {
          "licenzy-production-runtime": {
            secrets: { TOKEN: "x" },
            versions: [{ id: "v", created_on: "2026-01-01T00:00:00Z", secrets: {} }],
            serving: "v",
            routes: [],
          },
        }),
      "that Licenzy did not deploy",
      "another --env",
    ],
  ];
  it.each(cases)("%s ends in a sentence with the next step", async (_name, options, prepare, what, next) => {
    const state = emptyState();
    prepare(state);
    const { code, lines } = await machine.run(state, `${first} ${options}`.trim());
    expect(code).toBe(1);
    const text = lines.slice(lines.findIndex((line) => line.startsWith("✗"))).join("\n");
    expect(text).toContain(what);
    if (next !== "outside") expect(text).toContain(next);
    expect(text.split("\n")).toHaveLength(2);
  });

  it("damaged settings, and a folder that can't be written, end in a sentence too", async () => {
    const state = emptyState();
    await machine.run(state, first);
    const file = join(machine.root, "environments", "production", "settings.json");
    writeFileSync(file, "{ damaged");
    const damaged = await machine.run(state, "--env production");
    expect([damaged.code, damaged.lines.join(" ")]).toEqual([1, expect.stringContaining("is not readable")]);
    const blocked = join(machine.root, "a-file");
    writeFileSync(blocked, "");
    const other = new Machine();
    try {
      const { code, lines } = await other.run(
        emptyState(),
        `--env production --domain licenzy.example.com --secrets ${blocked}/folder`,
      );
      expect(code).toBe(1);
      expect(lines.at(-2)).toContain("can't be used: a part of the path is a file");
    } finally {
      other.dispose();
    }
  });

  it("without a folder for secrets nothing is created that would need one", async () => {
    const state = emptyState();
    const { code, lines } = await machine.run(state, "--env production --domain licenzy.example.com");
    expect(code).toBe(1);
    expect(lines.join(" ")).toContain("Add --secrets");
    expect(state.workers).toEqual({});
  });
});
