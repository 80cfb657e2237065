import { setRateLimit } from "../../../shared/contract/operations/projects.ts";
import { defaultRateLimit } from "../../../shared/contract/rate-limits.ts";
import { readProjectSettings } from "../../../shared/db/projects.ts";
import { setProjectRateLimit } from "../keys/set-rate-limit.ts";
import { implement } from "./implement.ts";

export const set = implement(setRateLimit, async ({ env, scope, now, audit }, { rateLimit }) => {
  const { projectId } = scope;
  const before = (await readProjectSettings(env.DB, projectId))?.rateLimit ?? defaultRateLimit;
  const entry = audit({ target: projectId, before: { rateLimit: before }, after: { rateLimit } });
  await setProjectRateLimit(env, projectId, rateLimit, now, entry);
  return { outcome: "done" };
});
