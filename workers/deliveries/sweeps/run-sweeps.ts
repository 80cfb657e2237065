import { runtimeSweeps, type SweepCounts } from "../../../shared/contract/maintenance.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv } from "../env.ts";
import { sweepDeliveries } from "./deliveries.ts";
import { sweepRetention } from "./retention.ts";
import { sweepSubjectJobs } from "./subject-jobs.ts";

/**
 * Runs the sweeps of each minute: they recover work that a queue, an alarm or a crash lost. The failure of
 * one sweep does not stop the others. No sweep waits for a receiver: `background` receives the promises of
 * the sends.
 */
export async function runSweeps(
  env: DeliveriesEnv,
  background: (work: Promise<void>) => void,
): Promise<Record<string, unknown>> {
  const sweeps: [name: string, sweep: () => Promise<SweepCounts>][] = [
    ...runtimeSweeps.map((name): [string, () => Promise<SweepCounts>] => [
      name,
      () => env.RUNTIME.sweep(name),
    ]),
    ["deliveries", () => sweepDeliveries(env, background)],
    ["subjectJobs", () => sweepSubjectJobs(env, background)],
    ["retention", () => sweepRetention(env)],
  ];
  const results: Record<string, unknown> = {};
  for (const [name, sweep] of sweeps) {
    const startedAt = Date.now();
    try {
      const counts = await sweep();
      results[name] = counts;
      if (Object.values(counts).some((count) => count > 0))
        log("info", "sweep", { sweep: name, counts, durationMs: Date.now() - startedAt });
    } catch (error) {
      results[name] = { error: errorMessage(error) };
      log("error", "sweep.failed", { sweep: name, error: errorMessage(error) });
    }
  }
  return results;
}
