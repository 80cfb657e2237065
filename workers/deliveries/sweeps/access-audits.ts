import type { JobKey } from "../../../shared/contract/messages.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import type { DeliveriesEnv } from "../env.ts";

/** Each turn is an invocation of the runtime of at most 20 s. The next minute's sweep continues. */
const turnsPerSweep = 3;

/** Continues access audits that no worker runs. Their turns take longer than a sweep, so `background` receives them. */
export async function sweepAccessAudits(
  env: DeliveriesEnv,
  database: number,
  background: (work: Promise<void>) => void,
): Promise<{ audits: number }> {
  const audits = await env.RUNTIME.claimAccessAudits(database);
  for (const key of audits)
    background(
      runTurns(env, key).catch((error: unknown) =>
        log("error", "access_audit.turn_failed", { jobId: key.jobId, error: errorMessage(error) }),
      ),
    );
  return { audits: audits.length };
}

async function runTurns(env: DeliveriesEnv, key: JobKey): Promise<void> {
  for (let turn = 0; turn < turnsPerSweep; turn++) if (!(await env.RUNTIME.runAccessAudit(key))) return;
}
