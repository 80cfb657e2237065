import {
  type FailedWork,
  previewRetry,
  retryCustomer,
} from "../../../../shared/contract/operations/failed-work.ts";
import { dataOf } from "../../../../shared/db/databases.ts";
import { countFailedWork, retryFailedWork } from "../../db/retry-customer.ts";
import { implementForCustomer } from "../implement.ts";

const toFingerprint = ({ events, deliveries }: FailedWork): string => `${events}/${deliveries}`;

export const preview = implementForCustomer(previewRetry, async ({ env, identity, now }) => {
  const failed = await countFailedWork(dataOf(env, identity), identity, now);
  return { outcome: "done", failed, fingerprint: toFingerprint(failed) };
});

/** Retrying again finds only what has failed again. */
export const retry = implementForCustomer(
  retryCustomer,
  async ({ env, identity, now, audit }, { subjectRef, fingerprint }) => {
    const failed = await countFailedWork(dataOf(env, identity), identity, now);
    if (toFingerprint(failed) !== fingerprint) return { outcome: "preview_outdated", failed };
    const retried = await retryFailedWork(
      dataOf(env, identity),
      identity,
      now,
      audit({ target: subjectRef, after: failed }),
    );
    return { outcome: "done", failed: retried };
  },
);
