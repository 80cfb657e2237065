import { setPlan } from "../../../shared/contract/operations/projects.ts";
import { setPlanStatus } from "../keys/set-plan.ts";
import { implement } from "./implement.ts";

export const set = implement(setPlan, async ({ env, actor, now, audit }, { plan }) => {
  const entry = audit({ target: actor.accountId, after: { plan } });
  await setPlanStatus(env, actor.accountId, plan, now, entry);
  return { outcome: "done" };
});
