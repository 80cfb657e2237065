import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessionIdOf } from "../../dev/seed/api-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { buildCli } from "../../scripts/sdk/build.ts";
import { run } from "../../sdk/src/cli/run.ts";
import { Licenzy } from "../../sdk/src/index.ts";
import { emptyExport } from "./empty-export.ts";
import { buy, newKey, newWorld, type World } from "./world.ts";

let world: World;
let folder: string;
const servers: Server[] = [];
/** Everything that the commands of this file wrote. */
let written = "";

beforeAll(async () => {
  world = await newWorld();
  folder = await mkdtemp(join(tmpdir(), "licenzy-cli-"));
  await buildCli(join(folder, "cli.mjs"));
});

afterAll(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

const variablesOf = (apiKey = world.apiKey, baseUrl = world.origin) => ({
  LICENZY_API_KEY: apiKey,
  LICENZY_BASE_URL: baseUrl,
});

/** Runs a command in this process. `json` is the last line of its output, if that is JSON. */
async function cli(args: string[], variables: Record<string, string> = variablesOf()) {
  const [out, error]: [string[], string[]] = [[], []];
  const streams = { out: (line: string) => out.push(line), error: (line: string) => error.push(line) };
  const { signal } = new AbortController();
  const code = await run(args, { variables, streams, signal });
  written += [...out, ...error].join("\n");
  const json = args.includes("--json") ? (JSON.parse(out.at(-1) ?? "null") as Record<string, unknown>) : null;
  return { code, out: out.join("\n"), error: error.join("\n"), json };
}

/** Serves `answer` and returns its origin. */
async function serve(
  answer: (request: IncomingMessage) => Promise<[number, object, Record<string, string>?]>,
) {
  const server = createServer((request, response) => {
    void answer(request).then(([status, body, headers = {}]) => {
      response.writeHead(status, { "Content-Type": "application/json", "Request-Id": "req_1", ...headers });
      response.end(JSON.stringify(body));
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const newUser = () => `user_${Math.random().toString(36).slice(2, 12)}`;

describe("licenzy", () => {
  it("check, checkout, consume and entitlements follow a customer from denied to paid", async () => {
    const user = newUser();
    expect(await cli(["check", user])).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^Denied: no_ent/),
    });
    const checkout = await cli(["checkout", user, "CREDITS_1000", "--event-id", "order-1", "--json"]);
    expect(checkout).toMatchObject({ code: 0, json: { mode: "test", replayed: false } });
    await world.stripe.pay(sessionIdOf(String(checkout.json?.["checkout_url"])));
    await expect.poll(async () => (await cli(["check", user])).code).toBe(0);
    expect((await cli(["check", user, "--product", "PRO_MONTHLY"])).code).toBe(1);
    expect((await cli(["check", user, "--product", "PRO_MONTHLY", "CREDITS_1000"])).code).toBe(0);
    const consume = () => cli(["consume", user, "25", "--event-id", "job-1"]);
    expect((await consume()).out).toBe("Consumed 25 units, 975 left.");
    expect((await consume()).out).toMatch(/^Consumed 25 units, 975 left. Already consumed/);
    expect(await cli(["consume", user, "2000"])).toMatchObject({ code: 1, error: /Insufficient/ });
    expect((await cli(["entitlements", user])).out).toMatch(
      /CREDITS_1000 +usage_pack +available +975 of 1000/,
    );
    expect((await cli(["entitlements", newUser()])).out).toBe("No entitlements yet.");
  });

  it("doctor reports a working project, and names each problem with its fix", async () => {
    expect(await cli(["doctor"])).toMatchObject({
      code: 0,
      out: expect.stringContaining("No problems found."),
    });
    const { projectId } = await provision<{ projectId: string }>(world.origin, "createProject", {
      accountName: "Empty",
      name: "empty",
      region: "weur",
      planStatus: "none",
      successUrl: null,
      cancelUrl: null,
    });
    const live = await newKey(world.origin, projectId, "live");
    const empty = await cli(["doctor", "--json"], variablesOf(live.apiKey));
    expect(empty).toMatchObject({ code: 1, json: { mode: "live", plan: "none", problems: 3 } });
    const findings = empty.json?.["findings"] as { name: string; status: string; message: string }[];
    expect(findings.filter(({ status }) => status === "problem")).toEqual([
      { name: "plan", status: "problem", message: expect.stringContaining("An owner can change the plan") },
      { name: "products", status: "problem", message: expect.stringContaining("Add one in the portal") },
      {
        name: "stripe_webhook",
        status: "problem",
        message: expect.stringContaining("Connect it in the portal"),
      },
    ]);
  });

  it("doctor finds a silent webhook and a clock that is off", async () => {
    const origin = await serve(async () => [
      200,
      {
        key_id: "key_1",
        mode: "test",
        project_name: "Demo",
        plan: "active",
        active_products: 1,
        stripe_webhook: { status: "silent", missed_events: 4, silent_since: "2026-01-01T00:00:00.000Z" },
        server_time: new Date(Date.now() + 600_000).toISOString(),
      },
    ]);
    const { code, out } = await cli(["doctor"], variablesOf(world.apiKey, origin));
    expect(code).toBe(1);
    expect(out).toMatch(/PROBLEM +stripe webhook +silent: 4 events since 2026-01-01/);
    expect(out).toMatch(/PROBLEM +clock +This machine's clock is 600 s behind/);
  });

  it("explains a wrong environment in one sentence with the next step, and exits with 2 or 3", async () => {
    const run = async (args: string[], variables: Record<string, string>) => {
      const { code, error } = await cli(args, variables);
      return [code, error];
    };
    const live = await newKey(world.origin, world.projectId, "live");
    expect(await run(["check", "u"], {})).toEqual([2, expect.stringMatching(/LICENZY_API_KEY is not set/)]);
    expect(await run(["check", "u"], { LICENZY_API_KEY: "hello" })).toEqual([
      2,
      expect.stringMatching(/no API key/),
    ]);
    expect(await run(["check", "u"], { LICENZY_API_KEY: world.apiKey })).toEqual([
      2,
      expect.stringMatching(/LICENZY_BASE_URL is not set/),
    ]);
    expect(await run(["check", "u"], variablesOf(world.apiKey, "https://a:b@example.com"))).toEqual([
      2,
      expect.stringMatching(/without credentials/),
    ]);
    expect(await run(["check", "u"], variablesOf(`${world.apiKey.slice(0, -1)}x`))).toEqual([
      2,
      expect.stringMatching(/rejected LICENZY_API_KEY/),
    ]);
    expect(await run(["listen"], variablesOf(live.apiKey))).toEqual([
      2,
      expect.stringMatching(/test mode only/),
    ]);
    expect(await run(["listen", "--forward", "ftp://x"], variablesOf())).toEqual([
      2,
      expect.stringMatching(/--forward/),
    ]);
    expect(await run(["consume", "u", "1.5"], variablesOf())).toEqual([
      2,
      expect.stringMatching(/whole number/),
    ]);
    expect((await run(["nonsense"], variablesOf()))[0]).toBe(2);
    expect((await run(["check"], variablesOf()))[0]).toBe(2);
    expect(await run(["check", "u"], variablesOf(world.apiKey, "http://127.0.0.1:1"))).toEqual([
      3,
      expect.stringMatching(/^licenzy: http:\/\/127.0.0.1:1: Licenzy can't be reached/),
    ]);
    const busy = await serve(async () => [
      429,
      { error: "rate_limited", message: "Rate limit exceeded." },
      { "Retry-After": "30" },
    ]);
    expect(await run(["check", "u"], variablesOf(world.apiKey, busy))).toEqual([
      3,
      expect.stringMatching(/Run the command again in 30 s/),
    ]);
    const leaking = await serve(async () => [
      400,
      { error: "invalid_request", message: `Unknown key ${world.apiKey}` },
    ]);
    expect((await cli(["check", "u"], variablesOf(world.apiKey, leaking))).error).toMatch(/lz_test_…/);
    const failed = await cli(["check", "u", "--json"], variablesOf(world.apiKey, "http://127.0.0.1:1"));
    expect(failed).toMatchObject({ code: 3, json: { ok: false, error: "unreachable" } });
  }, 60_000);

  it("verify-export checks a file without a key", async () => {
    const path = join(folder, "export.json");
    await writeFile(path, JSON.stringify(emptyExport));
    expect(await cli(["verify-export", path, "--json"], {})).toMatchObject({
      code: 0,
      json: { intact: true },
    });
    await writeFile(
      path,
      JSON.stringify({ ...emptyExport, head: { ...emptyExport.head, hash: "f".repeat(64) } }),
    );
    expect(await cli(["verify-export", path], {})).toMatchObject({ code: 1, out: /its hash is not/ });
    expect((await cli(["verify-export", join(folder, "none.json")], {})).code).toBe(2);
  });

  it("listen shows and forwards each event once with a valid signature, until it is interrupted", async () => {
    const client = new Licenzy({ apiKey: world.apiKey, baseUrl: world.origin });
    const received: { headers: IncomingMessage["headers"]; body: string }[] = [];
    const hook = await serve(async (request) => {
      received.push({ headers: request.headers, body: await text(request) });
      return [200, {}];
    });
    await buy(world, newUser());
    const child = spawn(
      process.execPath,
      [join(folder, "cli.mjs"), "listen", "--forward", `${hook}/hook`, "--json"],
      { env: { ...process.env, ...variablesOf() } },
    );
    let [out, error] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      error += chunk.toString();
    });
    await expect.poll(() => error).toMatch(/whsec_/);
    const [secret = ""] = /whsec_\S+/.exec(error) ?? [];
    const user = newUser();
    await buy(world, user);
    const ofUser = () => received.filter(({ body }) => body.includes(user));
    await expect.poll(ofUser).toHaveLength(1);
    await buy(world, user, "DAY_PASS");
    await expect.poll(() => ofUser().length).toBeGreaterThan(1);
    const bodies: unknown[] = [];
    for (const delivery of received) {
      const verified = await client.webhooks.verify(delivery, { secret });
      expect(verified.ok).toBe(true);
      bodies.push((JSON.parse(delivery.body) as { id: string }).id);
    }
    expect(new Set(bodies).size).toBe(bodies.length);
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number | null];
    expect(code).toBe(0);
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { forwarded: { status: number } });
    expect(lines.every(({ forwarded }) => forwarded.status === 200)).toBe(true);
    expect(lines).toHaveLength(received.length);
    written += out + error;
  }, 60_000);

  it("never wrote an API key", () => {
    expect(written.length).toBeGreaterThan(1_000);
    expect(written).not.toContain(world.apiKey.slice(8, 30));
  });
});
