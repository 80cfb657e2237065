import type { Caller } from "../request-context.ts";
import { ApiError } from "./api-error.ts";

/** Refuses live writes by an API key without a plan. Live reads, Stripe events and operators are not affected. */
export function requireLivePlan({ mode, plan }: Caller): void {
  if (mode === "test" || plan === "trial" || plan === "active") return;
  throw new ApiError(
    "plan_mode_not_allowed",
    `Live writes are disabled: plan is '${plan}'. An owner can change the plan in the portal.`,
  );
}
