import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { PortalClient } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { type SpawnedStack, spawnStack } from "../../dev/stack/child.ts";
import { loadSecrets } from "../../dev/stack/secrets.ts";
import { eventually } from "../eventually.ts";
import { audit, sellElsewhere, until } from "../system/access-audits.ts";
import { toText } from "../system/forms.ts";
import { advanceClock } from "../system/stripe-world.ts";
import { newWorld, type World } from "../system/world.ts";
import { isConnectionGone, randomFrom } from "./random.ts";

/**
 * Kills the stack with SIGKILL while it imports subscribers that were sold without Licenzy, listed by the report and beyond its
 * list. After the restarts every one of them has exactly one entitlement and was counted once, and the audit finds no paying
 * customer without access.
 */
const kills = Number(process.env["IMPORT_KILLS"] ?? 3);
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
/** More than the first 20, so that the import is killed on both sides of its pause, and enough to outlive the kills. */
const subscribers = 24 + 5 * kills;
/** The findings that the report lists. The others are counted, as those beyond 1,000 are. */
const listed = 12;

let stateDir: string;
let stack: SpawnedStack;
let world: World;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-fault-"));
  stack = await spawnStack({ port: 0, stateDir, cronEveryMs: 0 });
  world = await newWorld({ origin: stack.origin });
});

afterAll(async () => {
  await stack.kill();
  await rm(stateDir, { recursive: true, force: true });
});

const refs = Array.from({ length: subscribers }, (_, index) => `subscriber_${index}`);

async function setUpAdmin(): Promise<PortalClient> {
  const portal = new PortalClient(stack.origin);
  const email = "owner@tests.example";
  const password = "correct horse battery staple";
  await portal.submit("/setup", {
    token: (await loadSecrets(join(stateDir, "secrets.json"))).setupToken,
    name: "Owner",
    account: "Fault",
    project: "fault",
    region: "weur",
    email,
    password,
  });
  await provision(stack.origin, "moveOperator", email, world.accountId, "owner");
  return portal;
}

const waitMs = 240_000;

const readImported = (shown: string): number => Number(/(\d+) imported, \d+ failed/.exec(shown)?.[1] ?? 0);

/**
 * Kills the stack inside a turn of the import: soon after the turn has imported something. The clock's control runs the
 * sweeps, and replies only when their turns are over, so the kill does not wait for it. Its 61 seconds end the lease of the
 * worker that was killed before.
 */
async function killWhileImporting(portal: PortalClient, path: string, delayMs: number): Promise<void> {
  const before = readImported(toText(await portal.get(path)));
  const working = advanceClock(stack.origin, 61).catch((error: unknown) => {
    if (!isConnectionGone(error)) throw error;
  });
  await eventually(
    async () => expect(readImported(toText(await portal.get(path)))).toBeGreaterThan(before),
    60_000,
  );
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  await stack.kill();
  await working;
  stack = await spawnStack({ port: Number(new URL(stack.origin).port), stateDir, cronEveryMs: 0 });
}

/** Whether the import has something to do without an operator. */
async function isImporting(portal: PortalClient, path: string): Promise<boolean> {
  return /Access audits \/ Updating/.test(toText(await portal.get(path)));
}

it(`an import that is killed gives each subscriber one entitlement (${kills} kills, SEED=${seed})`, async () => {
  const random = randomFrom(seed);
  for (const ref of refs) await sellElsewhere(world, world.prices.pro, { metadata: { user_id: ref } });
  const portal = await setUpAdmin();
  const settings = { source: "metadata", metadata_key: "user_id", daily_hour: "" };
  await portal.submit(`/p/${world.projectId}/test/access-audit/settings`, settings);
  const path = await audit(world, portal, waitMs);
  await provision(stack.origin, "unlistFindings", path.split("/").at(-1), listed);
  await portal.submit(`${path}/import`);
  let killed = 0;
  while (killed < Math.ceil(kills / 2) && (await isImporting(portal, path))) {
    await killWhileImporting(portal, path, random(800));
    killed++;
  }
  await advanceClock(stack.origin, 61);
  const held = await until(world, portal, path, /Import on hold/, waitMs);
  expect(readImported(held)).toBe(20);
  await portal.submit(`${path}/continue`);
  for (; killed < kills; killed++) {
    expect(await isImporting(portal, path)).toBe(true);
    await killWhileImporting(portal, path, random(800));
  }
  expect(await isImporting(portal, path)).toBe(true);
  await advanceClock(stack.origin, 61);
  await until(world, portal, path, new RegExp(`${subscribers} imported, 0 failed`), waitMs);
  // The walk ends with Stripe's last list.
  await until(world, portal, path, /Access audits \/ Finished/, waitMs);
  const api = new ApiClient(stack.origin, world.apiKey);
  const counts = await Promise.all(
    refs.map(async (ref) => {
      const { body } = await api.get<{ entitlements: unknown[] }>(`/v1/entitlements/${ref}`);
      return body.entitlements.length;
    }),
  );
  expect(counts).toEqual(Array(subscribers).fill(1));
  const after = toText(await portal.get(await audit(world, portal, waitMs)));
  expect(after).toContain("Stripe and access agree");
  const imports = toText(await portal.get(path));
  expect(imports).toContain(`${subscribers - listed} of them are not listed.`);
  const report = (await (await fetch(`${stack.origin}/__dev/verify`)).json()) as { faulty: unknown[] };
  expect(report.faulty).toEqual([]);
}, 1_800_000);
