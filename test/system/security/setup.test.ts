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

it("strangers can't close setup to the first owner, however many wrong tokens they send from everywhere", async () => {
  const db = await stack.mf.getD1Database("DB", "licenzy-runtime");
  const countRows = () => db.prepare("SELECT count(*) AS n FROM sign_in_throttles").first<number>("n");
  const before = await countRows();
  const owner = "192.0.2.11";
  for (let index = 0; index < 150; index++) {
    // Also from the place of the owner.
    const place = index % 3 === 0 ? owner : `192.0.2.${20 + index}`;
    const reply =
      index % 2 === 0
        ? await open(place, `guess-${index}`)
        : await at(place).post("/setup", { token: "guess" });
    expect(reply.status).toBe(404);
  }
  const { setupToken } = stack.secrets;
  expect((await open(owner, setupToken)).status).toBe(200);
  expect((await at(owner).post("/setup", { token: setupToken })).status).toBe(422);
  // A stranger leaves nothing behind.
  expect(await countRows()).toBe(before);
});

it("a token that only begins like the right one, or is empty, opens nothing", async () => {
  const { setupToken } = stack.secrets;
  for (const wrong of ["", setupToken.slice(0, -1), `${setupToken}0`, setupToken.toUpperCase()])
    expect((await open("192.0.2.12", wrong)).status, wrong).toBe(404);
});
