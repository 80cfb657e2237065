import { checkoutsPerHour } from "../../../shared/contract/request-limits.ts";
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

/**
 * Counts a new checkout, or refuses it. `keyHash` is the hash of its idempotency key: the requests that
 * repeat it before its attempt is in D1 count once, and none of them is refused when one was counted.
 */
export async function takeCheckout(
  env: RuntimeEnv,
  caller: Purchaser,
  subjectRef: string,
  keyHash: string,
  now: number,
): Promise<void> {
  const { projectId, mode, region, keyId } = caller;
  const { subject, key, project } = checkoutsPerHour[mode];
  const tag = subjectTag(subjectName(identifySubject(caller, subjectRef)));
  const taken = {
    id: `checkouts/request/${tag}/${keyHash}`,
    lengthMs: windowMs,
    windows: [
      { id: `checkouts/subject/${tag}`, max: subject },
      { id: `checkouts/key/${keyId}`, max: key },
      { id: "checkouts/project", max: project },
    ],
  };
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, mode)), {
    locationHint: region,
  });
  const full = await withTimeout("Keyring", timeouts.consume, keyring.take(taken, now));
  if (full === null) return;
  const scope = (full.id.split("/")[1] ?? "project") as keyof typeof scopes;
  const max = checkoutsPerHour[mode][scope];
  const seconds = Math.max(1, Math.ceil((full.endsAt - now) / 1_000));
  throw new ApiError(
    "rate_limited",
    `${scopes[scope]} created ${max} checkouts in ${mode} mode, the most in an hour. Retry after ${seconds} s.`,
    {
      headers: {
        "Retry-After": String(seconds),
        RateLimit: `"checkouts-${scope}";r=0;t=${seconds}`,
        "RateLimit-Policy": `"checkouts-${scope}";q=${max};w=${windowMs / 1_000}`,
      },
    },
  );
}
