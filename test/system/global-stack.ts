import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { dropControlTables } from "../../dev/gateway/drop-control-tables.ts";
import { PortalClient } from "../../dev/seed/portal-client.ts";
import { startStack } from "../../dev/stack/stack.ts";
import { nameOfDatabase } from "../../shared/db/databases.ts";

/** Projects are placed in turn, so the tests run on each. */
const databases = Number(process.env["DATABASES"] ?? 2);

declare module "vitest" {
  export interface ProvidedContext {
    origin: string;
    /** Where pocket Stripe answers: in the stack, or in a separate process. */
    stripeOrigin: string;
    /** The only owner of the stack's portal. Tests invite other operators as this owner. */
    owner: { email: string; password: string };
  }
}

/** Starts one stack for all system tests. Each test creates its own project in it. */
export default async function globalStack(project: TestProject): Promise<() => Promise<void>> {
  return provideStack(project, undefined);
}

/** Starts a stack with its own pocket Stripe, or with one that runs elsewhere, and provides its addresses to the tests. */
export async function provideStack(
  project: TestProject,
  stripe: { origin: string; base: string } | undefined,
): Promise<() => Promise<void>> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-system-"));
  const stack = await startStack({
    port: 0,
    stateDir,
    cronEveryMs: 0,
    databases,
    logFile: join(stateDir, "workers.log"),
    ...(stripe === undefined ? {} : { stripeBase: stripe.base }),
  });
  for (let number = 1; number < databases; number++)
    await dropControlTables(await stack.mf.getD1Database(nameOfDatabase(number), "licenzy-runtime"));
  project.provide("origin", stack.origin);
  project.provide("stripeOrigin", stripe?.origin ?? stack.origin);
  const owner = { email: "owner@tests.example", password: randomBytes(12).toString("hex") };
  await new PortalClient(stack.origin).submit("/setup", {
    token: stack.secrets.setupToken,
    name: "Owner",
    account: "Tests",
    project: "tests",
    region: "weur",
    ...owner,
  });
  project.provide("owner", owner);
  return async () => {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}
