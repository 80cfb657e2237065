import type { TestProject } from "vitest/node";
import { spawnPocketStripe } from "../../dev/stripe-process/spawn.ts";
import { provideStack } from "./global-stack.ts";

/** Starts one stack for the tests that reach Stripe over TCP, and pocket Stripe in a separate process. */
export default async function globalTcpStack(project: TestProject): Promise<() => Promise<void>> {
  const stripe = await spawnPocketStripe();
  const stopStack = await provideStack(project, stripe);
  return async () => {
    await stopStack();
    await stripe.stop();
  };
}
