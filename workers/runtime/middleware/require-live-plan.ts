import { RequestRefused } from "../reply.ts";
import type { Caller } from "../request-context.ts";

/** Live writes by a runtime key need a plan; live reads, Stripe's events and operators go on without. */
export function requireLivePlan({ mode, plan }: Caller): void {
  if (mode === "test" || plan === "trial" || plan === "active") return;
  throw new RequestRefused(
    "plan_mode_not_allowed",
    `The account's plan is '${plan}': live writes need 'trial' or 'active'. The account's owner sets it in the portal.`,
  );
}
