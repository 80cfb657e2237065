import { dataByNumber } from "../../../shared/db/databases.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { evaluateScope } from "../alerts/evaluate.ts";
import { listDueScopes } from "../db/alert-evaluations.ts";
import { listActiveProjects } from "../db/projects.ts";
import type { DeliveriesEnv } from "../env.ts";

const maxScopesPerSweep = 500;
const concurrentScopes = 5;
/** No evaluation begins after this time. What is left is the longest due of the next minute. */
const budgetMs = 40_000;
/** A scope is evaluated each minute. Less than that, so that a sweep that begins a little early counts. */
const evaluateEveryMs = 50_000;

/** Evaluates the alert rules of the projects and modes that are due, least recently evaluated first. */
export async function sweepAlerts(
  env: DeliveriesEnv,
  database: number,
): Promise<{ evaluated: number; opened: number; resolved: number }> {
  const counts = { evaluated: 0, opened: 0, resolved: 0 };
  const now = await currentTime(env.DEV);
  const before = now - evaluateEveryMs;
  const data = dataByNumber(env, database);
  const projects = await listActiveProjects(env.DB, database);
  const due = await listDueScopes(data, projects, before, maxScopesPerSweep);
  const endBy = Date.now() + budgetMs;
  let failure: unknown = null;
  const runWorker = async () => {
    for (let scope = due.shift(); scope !== undefined && Date.now() < endBy; scope = due.shift()) {
      try {
        const { opened, resolved } = await evaluateScope({ control: env.DB, data }, scope, { now, before });
        counts.evaluated++;
        counts.opened += opened;
        counts.resolved += resolved;
      } catch (error) {
        failure = error;
        const { projectId, mode } = scope;
        log("error", "alerts.evaluation_failed", { projectId, mode, error: errorMessage(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: concurrentScopes }, runWorker));
  // One broken scope does not keep the sweep from the others, but its overview names the sweep.
  if (failure !== null) throw failure;
  return counts;
}
