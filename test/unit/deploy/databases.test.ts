import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { buildDocsSite } from "../../../docs-site/generator/build.ts";
import { ownMigrations } from "../../../scripts/deploy/migrations.ts";
import { sql } from "../../../scripts/deploy/sql.ts";
import { Machine } from "./deployments.ts";
import { emptyState, type Fault, type StandInState } from "./wrangler-stand-in.ts";

// The first run loads wrangler, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

let machine: Machine;
let state: StandInState;
let install: string;
beforeEach(() => {
  machine = new Machine();
  state = emptyState();
  install = `--env production --domain licenzy.example.com --secrets ${machine.secrets}`;
});
afterEach(() => machine.dispose());
beforeAll(() => buildDocsSite(), 180_000);

const names = ["licenzy-production", "licenzy-production-data-01"];
const second = "licenzy-production-data-01";

const bindingsOf = (worker: string, of: Machine = machine) => {
  const file = join(of.root, "environments", "production", `licenzy-${worker}.json`);
  const config = JSON.parse(readFileSync(file, "utf8")) as {
    d1_databases: { binding: string; database_name: string; database_id: string }[];
  };
  return config.d1_databases.map(({ binding, database_name, database_id }) => [
    binding,
    database_name,
    database_id === state.databases[database_name]?.uuid,
  ]);
};

describe("npm run deploy -- --databases 2", () => {
  it("creates, migrates and binds each database, and a second run changes nothing", async () => {
    expect((await machine.run(state, `${install} --databases 2`)).code).toBe(0);
    expect(Object.keys(state.databases)).toEqual(names);
    for (const name of names) expect(state.databases[name]?.migrations).toEqual(ownMigrations());
    for (const worker of ["runtime", "deliveries", "portal"])
      expect(bindingsOf(worker)).toEqual([
        ["DB", names[0], true],
        ["DATA_01", second, true],
      ]);
    const again = await machine.run(state, "--env production");
    expect(again.lines.filter((line) => line.startsWith("+"))).toEqual([]);
  });

  it("adds a database to an environment that has one, and nothing of the first changes", async () => {
    await machine.run(state, install);
    const first = structuredClone(state.databases["licenzy-production"]);
    expect((await machine.run(state, "--env production --databases 2")).code).toBe(0);
    expect(Object.keys(state.databases)).toEqual(names);
    // But for the stored settings, which name the number of databases.
    const { settings, ...rest } = state.databases["licenzy-production"] ?? {};
    expect(JSON.parse(settings ?? "")).toMatchObject({ databases: 2 });
    expect({ ...rest, settings: first?.settings }).toEqual(first);
  });

  it("never binds fewer databases than the account has, whatever this checkout remembers", async () => {
    await machine.run(state, `${install} --databases 2`);
    const fewer = await machine.run(state, "--env production --databases 1");
    expect(fewer.code).toBe(1);
    expect(fewer.lines.join("\n")).toContain("production has 2 databases");
    const other = new Machine();
    try {
      const fresh = await other.run(
        state,
        `--env production --domain licenzy.example.com --secrets ${machine.secrets}`,
      );
      expect(fresh.code).toBe(0);
      expect(Object.keys(state.databases)).toEqual(names);
      expect(bindingsOf("runtime", other)).toHaveLength(2);
    } finally {
      other.dispose();
    }
  });

  it("interrupted at any call, a second run finishes it", async () => {
    await machine.run(state, install);
    const before = structuredClone(state);
    const whole = await machine.run(structuredClone(before), "--env production --databases 2");
    const faults: Fault[] = ["before", "after"];
    for (let call = 1; call <= whole.calls.length; call++)
      for (const fault of faults) {
        state = structuredClone(before);
        await machine.run(state, "--env production --databases 2", { faults: new Map([[call, fault]]) });
        expect((await machine.run(state, "--env production --databases 2")).code, `${fault} ${call}`).toBe(0);
        expect(state.databases[second]?.migrations).toEqual(ownMigrations());
      }
  });

  it.each([
    ["0", "can't be"],
    ["1.5", "can't be"],
    ["many", "can't be"],
    ["101", "can't be"],
  ])("refuses --databases %s", async (count, message) => {
    const { code, lines } = await machine.run(state, `${install} --databases ${count}`);
    expect(code).toBe(1);
    expect(lines.join("\n")).toContain(message);
    expect(state.databases).toEqual({});
  });
});

describe("the other commands with two databases", () => {
  beforeEach(async () => {
    await machine.run(state, `${install} --databases 2`);
  });

  it("status names each database", async () => {
    const { lines } = await machine.run(state, "status --env production");
    for (const name of names) expect(lines.join("\n")).toContain(`Migrations of ${name}`);
  });

  it("restore --database DATA_01 restores that one, and Stripe's events since are read again for its projects", async () => {
    const moment = "2026-01-02T03:04:05Z";
    const { code, lines } = await machine.run(
      state,
      `restore --env production --to ${moment} --database DATA_01`,
      { typed: "production" },
    );
    expect(code).toBe(0);
    expect(state.databases[second]?.restoredTo).toBe("bookmark-then");
    expect(state.databases["licenzy-production"]?.restoredTo).toBeNull();
    expect(state.databases["licenzy-production"]?.readAgain).toBe(sql.readEventsAgain(1, Date.parse(moment)));
    expect(lines.join("\n")).toContain("the projects in other databases stay as they are");
  });

  it("restore of a database that is not there restores nothing", async () => {
    const { code, lines } = await machine.run(
      state,
      "restore --env production --yes --to 2026-01-02T03:04:05Z --database DATA_02",
    );
    expect(code).toBe(1);
    expect(lines.join("\n")).toContain("one of DB, DATA_01");
  });

  it("destroy deletes both", async () => {
    expect((await machine.run(state, "destroy --env production", { typed: "production" })).code).toBe(0);
    expect(state.databases).toEqual({});
  });
});
