import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PortalClient } from "../../../dev/seed/portal-client.ts";
import { type Stack, startStack } from "../../../dev/stack/stack.ts";

/** A separate stack: setup is over in the one that the other tests share. */
let stateDir: string;
let stack: Stack;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-setup-"));
  stack = await startStack({ port: 0, stateDir, cronEveryMs: 0, logFile: join(stateDir, "workers.log") });
}, 240_000);
afterAll(async () => {
  await stack.stop();
  await rm(stateDir, { recursive: true, force: true });
});

const at = (ipAddress: string) => new PortalClient(stack.origin, { "CF-Connecting-IP": ipAddress });
const open = (ipAddress: string, token: string) => at(ipAddress).get(`/setup?token=${token}`);
const openDatabase = () => stack.mf.getD1Database("DB", "licenzy-runtime");

it("the setup token can't be guessed: ten wrong ones of a place close setup to it, by page and by form", async () => {
  const [guesser, owner] = ["192.0.2.10", "192.0.2.11"];
  for (let index = 0; index < 5; index++) {
    expect((await open(guesser, `guess-${index}`)).status).toBe(404);
    expect((await at(guesser).post("/setup", { token: `guess ${index}` })).status).toBe(404);
  }
  const { setupToken } = stack.secrets;
  const replies = [await open(guesser, setupToken), await at(guesser).post("/setup", { token: setupToken })];
  for (const { status, html } of replies) {
    expect(status).toBe(429);
    expect(html).toContain("Too many attempts");
  }
  // Opening the page and correcting the form are no failures.
  for (let index = 0; index < 12; index++) expect((await open(owner, setupToken)).status).toBe(200);
  expect((await at(owner).post("/setup", { token: setupToken })).status).toBe(422);
});

it("the setup token can't be guessed from many places either", async () => {
  const db = await openDatabase();
  expect((await open("192.0.2.20", "guess")).status).toBe(404);
  await db.prepare("UPDATE sign_in_throttles SET failures = 1000 WHERE name = 'setup'").run();
  expect((await open("192.0.2.21", "guess")).status).toBe(429);
  expect((await open("192.0.2.22", stack.secrets.setupToken)).status).toBe(429);
  await db.prepare("DELETE FROM sign_in_throttles").run();
  expect((await open("192.0.2.22", stack.secrets.setupToken)).status).toBe(200);
});
