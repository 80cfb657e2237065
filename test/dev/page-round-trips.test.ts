import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { countRoundTrips, withCountedD1 } from "../../dev/bench/counted-d1.ts";
import { PortalClient } from "../../dev/seed/portal-client.ts";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import { type Stack, startStack } from "../../dev/stack/stack.ts";

/** The round trips to D1 of whole pages, as `npm run bench -- --only=pages` counts them. The session's is one of them. */

let stateDir: string;
let logFile: string;
let stack: Stack;
let file: StackFile;
let portal: PortalClient;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "licenzy-round-trips-"));
  logFile = join(stateDir, "workers.log");
  stack = await startStack({ port: 0, stateDir, cronEveryMs: 0, logFile, alterWorkers: withCountedD1 });
  const { origin, secrets } = stack;
  file = await seed({ origin, setupToken: secrets.setupToken });
  portal = new PortalClient(origin);
  await portal.signIn(file.operators[0]?.email ?? "", file.operators[0]?.password ?? "");
}, 120_000);
afterAll(async () => {
  await stack?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

it.each([
  ["", 2, "Customers with access"],
  ["/customers", 2, "user_paid"],
  ["/events", 2, "checkout.session.completed"],
  ["/deliveries", 2, "purchase.finalized"],
  ["/inbox", 2, "Alert settings"],
  // The portal's session, the lists, and the runtime's session with what the profile needs.
  ["/customers/user_paid", 3, "user_paid@example.com"],
  ["/customers/nobody", 3, "No customer in test mode"],
])("the page %s takes %i round trips to D1", async (path, roundTrips, text) => {
  const page = `/p/${file.project_id}/test${path}`;
  expect((await portal.get(page)).html).toContain(text);
  const before = await countRoundTrips(logFile);
  await portal.get(page);
  expect((await countRoundTrips(logFile)) - before).toBe(roundTrips);
});
