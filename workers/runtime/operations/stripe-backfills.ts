import { stopReply } from "../../../shared/contract/operations/jobs.ts";
import {
  resumeStripeBackfill,
  stopStripeBackfill,
} from "../../../shared/contract/operations/stripe-backfills.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { setBackfillStatus } from "../db/stripe-backfills.ts";
import { implement } from "./implement.ts";

export const stop = implement(stopStripeBackfill, async ({ env, scope, audit }, { jobId }) =>
  stopReply(await setBackfillStatus(dataOf(env, scope), scope, jobId, "stopped", audit({ target: jobId }))),
);

export const resume = implement(resumeStripeBackfill, async ({ env, scope, audit }, { jobId }) =>
  stopReply(await setBackfillStatus(dataOf(env, scope), scope, jobId, "running", audit({ target: jobId }))),
);
