import {
  checkoutsPerHour,
  type HourlyLimits,
  recoveriesPerHour,
} from "../../../shared/contract/request-limits.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import { keyringName } from "../keys/keyring.ts";
import { identifySubject, type Purchaser } from "../request-context.ts";
import { timeouts } from "../timeouts.ts";

const windowMs = 3_600_000;

const scopes = {
  subject: "This subject",
  key: "This key",
  project: "This project",
} as const;

/** What is counted, under the name of its windows and of the limit in replies. */
interface Budget {
  name: string;
  limits: HourlyLimits;
  /** Ends "This key …". */
  explain(max: number): string;
}

const checkouts: Budget = {
  name: "checkouts",
  limits: checkoutsPerHour,
  explain: (max) => `created ${max} checkouts`,
};

const recoveries: Budget = {
  name: "recoveries",
  limits: recoveriesPerHour,
  explain: (max) => `sent ${max} recovery and portal requests`,
};

/**
 * Counts a new checkout, or refuses it. `keyHash` is the hash of its idempotency key: the requests that
 * repeat it before its attempt is in D1 count once, and none of them is refused when one was counted.
 */
export const takeCheckout = (
  env: RuntimeEnv,
  caller: Purchaser,
  subjectRef: string,
  keyHash: string,
  now: number,
): Promise<void> => take(env, caller, checkouts, subjectRef, keyHash, now);

/** Counts a request that stores its key before anything is paid, or refuses it. Repeated within an hour, it counts once. */
export const takeRecovery = (
  env: RuntimeEnv,
  caller: Purchaser,
  subjectRef: string,
  keyHash: string,
  now: number,
): Promise<void> => take(env, caller, recoveries, subjectRef, keyHash, now);

async function take(
  env: RuntimeEnv,
  caller: Purchaser,
  { name, limits, explain }: Budget,
  subjectRef: string,
  keyHash: string,
  now: number,
): Promise<void> {
  const { projectId, mode, region, keyId } = caller;
  const { subject, key, project } = limits[mode];
  const tag = subjectTag(subjectName(identifySubject(caller, subjectRef)));
  const taken = {
    id: `${name}/request/${tag}/${keyHash}`,
    lengthMs: windowMs,
    windows: [
      { id: `${name}/subject/${tag}`, max: subject },
      { id: `${name}/key/${keyId}`, max: key },
      { id: `${name}/project`, max: project },
    ],
  };
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, mode)), {
    locationHint: region,
  });
  const full = await withTimeout("Keyring", timeouts.consume, keyring.take(taken, now));
  if (full === null) return;
  const scope = (full.id.split("/")[1] ?? "project") as keyof typeof scopes;
  const max = limits[mode][scope];
  const seconds = Math.max(1, Math.ceil((full.endsAt - now) / 1_000));
  throw new ApiError(
    "rate_limited",
    `${scopes[scope]} ${explain(max)} in ${mode} mode, the most in an hour. Retry after ${seconds} s.`,
    {
      headers: {
        "Retry-After": String(seconds),
        RateLimit: `"${name}-${scope}";r=0;t=${seconds}`,
        "RateLimit-Policy": `"${name}-${scope}";q=${max};w=${windowMs / 1_000}`,
      },
    },
  );
}
