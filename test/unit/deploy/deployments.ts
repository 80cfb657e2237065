import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../../scripts/deploy/run-command.ts";
import { newestMigration } from "../../../shared/db/newest-migration.ts";
import { type Fault, type StandInState, WranglerStandIn } from "./wrangler-stand-in.ts";

export interface Ran {
  code: number;
  lines: string[];
  calls: string[][];
}

/** An operator's machine: the folder of environments and the folder of secrets. */
export class Machine {
  readonly root = mkdtempSync(join(tmpdir(), "licenzy-deploy-"));
  readonly secrets = join(this.root, "secrets");

  /** Runs a command against the account, as this operator. */
  async run(
    state: StandInState,
    command: string,
    { faults, typed = null }: { faults?: Map<number, Fault>; typed?: string | null } = {},
  ): Promise<Ran> {
    process.env["LICENZY_DEPLOY_DIR"] = join(this.root, "environments");
    const standIn = new WranglerStandIn(state, faults);
    const lines: string[] = [];
    const code = await runCommand(command.split(" "), {
      run: standIn.run,
      fetch: (url) => Promise.resolve(answer(state, url)),
      print: (line) => lines.push(...line.split("\n")),
      prompt: () => Promise.resolve(typed),
      sleep: () => Promise.resolve(),
    });
    return { code, lines, calls: standIn.calls };
  }

  readSecrets(environment = "production"): Record<string, string> {
    const text = readFileSync(join(this.secrets, `licenzy-${environment}.json`), "utf8");
    return (JSON.parse(text) as { secrets: Record<string, string> }).secrets;
  }

  dispose(): void {
    rmSync(this.root, { recursive: true });
  }
}

/** Answers as the deployed runtime would: by the worker that has a route for this host. */
function answer(state: StandInState, url: string): Response {
  const { host, pathname } = new URL(url);
  const found = Object.entries(state.workers).find(([, { routes }]) =>
    routes.some((route) => (route as { pattern?: string }).pattern === `${host}/v1/*`),
  );
  const version = found?.[1].versions.find(({ id }) => id === found[1].serving);
  if (found === undefined || version?.tag === undefined) throw new Error("getaddrinfo ENOTFOUND");
  const [name] = found;
  const database = state.databases[name.replace(/-runtime$/, "")];
  if (pathname === "/healthz") return Response.json({ ok: true, release: version.tag });
  if (pathname === "/readyz")
    return database?.migrations?.includes(newestMigration)
      ? Response.json({ ok: true, d1: "ok" })
      : Response.json(
          { ok: false, d1: "migration_missing", missing_migration: newestMigration },
          { status: 503 },
        );
  return Response.json({ error: "not_found" }, { status: 404 });
}
