import { describe, expect, it } from "vitest";
import { isTestFile, read, readSourceFiles, resolveImport } from "./source-files.ts";

/** The rules of shared/db/databases.ts that the text of queries and of their callers can show. */

/** The tables that are not a project's data. Every other table is. */
const controlTables = [
  "accounts",
  "api_keys",
  "audit_log",
  "invitations",
  "members",
  "operator_identities",
  "operator_sessions",
  "operators",
  "product_prices",
  "product_terms",
  "products",
  "projects",
  "second_factors",
  "setups",
  "sign_in_resets",
  "sign_in_throttles",
  "sign_in_verifications",
  "stripe_connections",
  "sweep_troubles",
];

const sources = ["shared", "workers", "dev/entries"]
  .flatMap((folder) => readSourceFiles(folder))
  .map(({ path }) => path)
  .filter((path) => !isTestFile(path));

/** The variable of each table by its name, from the tables' own files. */
const variables = new Map(
  sources
    .filter((path) => path.startsWith("shared/db/tables/"))
    .flatMap((path) => [...read(path).matchAll(/export const (\w+) = sqliteTable\(\s*"(\w+)"/g)])
    .map(([, variable = "", table = ""]) => [table, variable] as const),
);
const dataTables = [...variables.keys()].filter((table) => !controlTables.includes(table));

type Kind = "control" | "data";
const kindOf = (table: string): Kind => (controlTables.includes(table) ? "control" : "data");

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");

/** Returns the kinds of the tables that a piece of SQL names. */
function findKindsInSql(sql: string): Set<Kind> {
  const words = [...sql.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE|ON)\s+"?([a-z_]+)/g)].map(
    ([, word = ""]) => word,
  );
  return new Set(words.filter((word) => variables.has(word)).map(kindOf));
}

/** Returns the literals of a file that contain SQL. */
const findSql = (text: string): string[] =>
  [...withoutComments(text).matchAll(/`[^`]*`|"[^"\n]*"/g)]
    .map(([literal]) => literal)
    .filter((literal) => /\b(SELECT|INSERT|UPDATE|DELETE)\b/.test(literal));

/** Returns the kinds that a file of queries names, in SQL or by importing a table. */
function findKinds(path: string): Set<Kind> {
  const text = read(path);
  const imported = [...text.matchAll(/import \{([^}]*)\} from "[^"]*\/tables\/[^"]*"/g)].flatMap(
    ([, names = ""]) => names.split(",").map((name) => name.trim()),
  );
  const tables = [...variables].filter(([, variable]) => imported.includes(variable)).map(([table]) => table);
  return new Set([...tables.map(kindOf), ...findSql(text).flatMap((sql) => [...findKindsInSql(sql)])]);
}

const queryFiles = sources.filter((path) => /^(shared|workers\/\w+)\/db\/[^/]+\.ts$/.test(path));
const kinds = new Map(queryFiles.map((path) => [path, findKinds(path)]));

/** Returns the query file that the function was imported from, or `null`. */
function findOrigin(path: string, text: string, name: string): string | null {
  const line = [...text.matchAll(/import (?:type )?\{([^}]*)\} from "([^"]+)"/g)].find(([, names = ""]) =>
    names.split(",").some((each) => new RegExp(`(^|\\s)${name}$`).test(each.trim())),
  );
  return line === undefined ? null : resolveImport(path, line[2] ?? "");
}

const controlArgument = /(\w+)\(\s*(?:\w+\.)*env\.DB\b/g;
const dataArgument = /(\w+)\(\s*(?:dataOf|dataByNumber|getData)\(/g;

/** Returns the calls that pass a database to queries of the other kind only. */
function findWrongCalls(path: string, text = read(path)): string[] {
  const check = (pattern: RegExp, wrong: Kind) =>
    [...withoutComments(text).matchAll(pattern)].flatMap(([, name = ""]) => {
      const found = kinds.get(findOrigin(path, text, name) ?? "");
      return found?.size === 1 && found.has(wrong) ? [`${path}: ${name} reads ${wrong} tables`] : [];
    });
  return [...check(controlArgument, "data"), ...check(dataArgument, "control")];
}

describe("databases", () => {
  it("every table is either control data or a project's data", () => {
    expect(controlTables.filter((table) => !variables.has(table))).toEqual([]);
    expect(dataTables.length).toBeGreaterThan(25);
    expect([...kinds.values()].filter((found) => found.has("control")).length).toBeGreaterThan(20);
    expect([...kinds.values()].filter((found) => found.has("data")).length).toBeGreaterThan(40);
  });

  it("the reader sees a join of both kinds, and a database that is passed to the wrong query", () => {
    expect(findKindsInSql("SELECT 1 FROM subjects JOIN projects USING (project_id)").size).toBe(2);
    expect(findKindsInSql("UPDATE subjects SET a = (SELECT 1 FROM events)")).toEqual(new Set(["data"]));
    const caller = (argument: string) =>
      findWrongCalls(
        "workers/portal/pages/x/page.tsx",
        `import { readShadow } from "../../db/shadow.ts";\nreadShadow(${argument}, 1);`,
      );
    expect(caller("c.env.DB")).toHaveLength(1);
    expect(caller("getData(c)")).toEqual([]);
  });

  it("no statement names tables of both kinds", () => {
    const mixed = sources.flatMap((path) =>
      findSql(read(path))
        .filter((sql) => findKindsInSql(sql).size > 1)
        .map((sql) => `${path}: ${sql.slice(0, 80)}`),
    );
    expect(mixed).toEqual([]);
  });

  it("a file of queries of both kinds takes both databases, or has a function for each", () => {
    // Each of their functions takes one database.
    const separate = [
      "shared/db/audit.ts",
      "workers/deliveries/db/alert-facts.ts",
      "workers/portal/db/background-work.ts",
      "workers/portal/db/project-facts.ts",
      "workers/runtime/db/check-counts.ts",
      "workers/runtime/db/erase-jobs.ts",
    ];
    const mixed = [...kinds].filter(([, found]) => found.size > 1).map(([path]) => path);
    expect(mixed.length).toBeGreaterThan(10);
    expect(mixed.filter((path) => !/\bDatabases\b|queryBoth/.test(read(path)))).toEqual(separate);
  });

  it("every caller passes the database of the tables that the query reads", () => {
    expect(sources.flatMap((path) => findWrongCalls(path))).toEqual([]);
  });

  it("one file knows the bindings of data databases", () => {
    const named = sources.filter((path) => /DATA_/.test(withoutComments(read(path))));
    expect(named).toEqual(["shared/db/databases.ts"]);
  });
});
