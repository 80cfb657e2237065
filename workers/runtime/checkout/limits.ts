import type { Mode } from "../../../shared/contract/enums.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import { keyringName } from "../keys/keyring.ts";
import { type Caller, identifySubject } from "../request-context.ts";
import { timeouts } from "../timeouts.ts";

const windowMs = 3_600_000;

/**
 * How many new checkouts one customer, one key, and one project and mode may have in an hour. Each is a row
 * in D1, and usually a new customer: without a limit a leaked test key could fill the database that live mode
 * needs. The two modes have budgets of their own, because each has its own Keyring, which counts.
 *
 * One key can't use up its project's budget, so a project continues with another key while a leaked one is
 * abused. A window is short, because what a revoked key used of it stays counted until it ends.
 */
const limits: Record<Mode, Record<"subject" | "key" | "project", number>> = {
  test: { subject: 60, key: 200, project: 250 },
  live: { subject: 60, key: 8_000, project: 10_000 },
};

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
  caller: Caller,
  subjectRef: string,
  keyHash: string,
  now: number,
): Promise<void> {
  const { projectId, mode, region, keyId } = caller;
  const { subject, key, project } = limits[mode];
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
  const max = limits[mode][scope];
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
