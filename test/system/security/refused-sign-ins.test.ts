import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PortalClient } from "../../../dev/seed/portal-client.ts";
import { type Stack, startStack } from "../../../dev/stack/stack.ts";
import { deliveriesSweeps, runtimeSweeps } from "../../../shared/contract/sweeps.ts";

/** The long form plays 2,000 a minute (scripts/soak.ts). A minute is one of the stack's clock. */
const perMinute = Number(process.env["REFUSED_SIGN_INS"] ?? 200);
const minutes = 10;
const concurrent = 6;
/** On a loaded machine 2,000 take minutes. */
const timeoutMs = 600_000 + minutes * perMinute * 150;
const sweepCount = runtimeSweeps.length + deliveriesSweeps.length;

const owner = { email: "boss@tests.example", password: "a passphrase that nobody guesses" };
let stateDir: string;
let stack: Stack;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-refused-"));
  stack = await startStack({ port: 0, stateDir, cronEveryMs: 0, logFile: join(stateDir, "workers.log") });
}, 240_000);
afterAll(async () => {
  await stack.stop();
  await rm(stateDir, { recursive: true, force: true });
});

/** Returns the number of rows of every table. */
async function countRows(): Promise<Record<string, number>> {
  const db = await stack.mf.getD1Database("DB", "licenzy-runtime");
  const { results } = await db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
    .all<{ name: string }>();
  const counts: Record<string, number> = {};
  for (const { name } of results)
    counts[name] = (await db.prepare(`SELECT count(*) AS count FROM "${name}"`).first<number>("count")) ?? 0;
  return counts;
}

async function advance(seconds: number): Promise<void> {
  const body = JSON.stringify({ advance_seconds: seconds });
  const reply = await fetch(`${stack.origin}/__dev/clock`, { method: "POST", body });
  expect(reply.status).toBe(200);
}

/**
 * A sign-in that must be refused: mostly from a few places, some from a new place, at the owner or at anyone.
 */
async function refusedSignIn(index: number): Promise<number> {
  const isNewPlace = index % 20 === 0;
  const ipAddress = isNewPlace
    ? `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
    : `192.0.2.${index % 3}`;
  const email = index % 40 < 20 ? owner.email : `someone-${index}@tests.example`;
  const stranger = new PortalClient(stack.origin, { "CF-Connecting-IP": ipAddress });
  return (await stranger.post("/sign-in", { email, password: "guess" })).status;
}

async function refuseMany(from: number): Promise<number[]> {
  const statuses: number[] = [];
  let next = from;
  const work = async () => {
    while (next < from + perMinute) statuses.push(await refusedSignIn(next++));
  };
  await Promise.all(Array.from({ length: concurrent }, work));
  return statuses;
}

/** Signs the owner out and in until `isOver`, at least once. Returns how often. */
async function keepSigningIn(portal: PortalClient, isOver: () => boolean): Promise<number> {
  let signIns = 0;
  do {
    await portal.submit("/sign-out");
    expect((await portal.submit("/sign-in", owner)).location).toBe("/");
    expect((await portal.get("/team")).status).toBe(200);
    signIns++;
    await setTimeout(500);
  } while (!isOver());
  return signIns;
}

it(
  "refused sign-ins, thousands from many places, leave no rows, and the owner signs in throughout",
  async () => {
    const portal = new PortalClient(stack.origin, { "CF-Connecting-IP": "198.51.100.1" });
    const setup = { name: "Owner", account: "Acme", project: "p", region: "weur", ...owner };
    await portal.submit("/setup", { token: stack.secrets.setupToken, ...setup });
    // Sweeps keep a row of their progress. After two rounds each has its own.
    for (let round = 0; round < 2; round++) await advance(61 * 60);
    await keepSigningIn(portal, () => true);
    const before = await countRows();

    const refused: number[] = [];
    let signIns = 0;
    let mostThrottles = 0;
    for (let minute = 0; minute < minutes; minute++) {
      let isOver = false;
      const refusing = refuseMany(minute * perMinute).finally(() => {
        isOver = true;
      });
      const [statuses, count] = await Promise.all([refusing, keepSigningIn(portal, () => isOver)]);
      refused.push(...statuses);
      signIns += count;
      mostThrottles = Math.max(mostThrottles, (await countRows())["sign_in_throttles"] ?? 0);
      console.log(
        `minute ${minute + 1} of ${minutes}: ${refused.length} refused, the owner signed in ${signIns} times`,
      );
      await advance(60);
    }
    expect(refused).toHaveLength(minutes * perMinute);
    expect(refused.filter((status) => status !== 422 && status !== 429)).toEqual([]);
    const withoutRoom = refused.filter((status) => status === 429).length;

    await advance(16 * 60);
    const after = await countRows();
    console.log(
      `refused sign-ins: ${refused.length} at ${perMinute} a minute, ${withoutRoom} without room; the owner signed in ` +
        `${signIns} times; at most ${mostThrottles} rows of counters, ${after["sign_in_throttles"]} at the end`,
    );
    // The owner's own sign-ins and sign-outs, and one refusal an hour.
    const { audit_log: entries = 0, sweep_troubles: troubles = 0, ...rows } = after;
    const { audit_log: earlier = 0, sweep_troubles: _, ...expected } = before;
    expect(rows).toEqual({ ...expected, sign_in_throttles: 0 });
    expect(entries - earlier).toBeLessThanOrEqual(2 * signIns + 1);
    // A row per sweep that was slow in its last run.
    expect(troubles).toBeLessThanOrEqual(sweepCount);
    expect(withoutRoom).toBeGreaterThan(refused.length / 2);
    // A try that finds its place full writes nothing: few of the tries have rows even while their windows last.
    expect(mostThrottles).toBeLessThan(refused.length / 2);
  },
  timeoutMs,
);
