import type { Mode } from "../../../shared/contract/enums.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import { keyringName } from "../keys/keyring.ts";
import { type Caller, identifySubject } from "../request-context.ts";
import { timeouts } from "../timeouts.ts";

interface Limit {
  max: number;
  lengthMs: number;
}

/**
 * How many new checkouts one customer, one key, and one project and mode may have in a window. Each is a row in D1, and
 * usually a new customer: without a limit a leaked test key could fill the database that live mode needs. The two modes
 * have budgets of their own, because each has its own Keyring, which counts.
 */
const limits: Record<Mode, Record<"subject" | "key" | "project", Limit>> = {
  test: {
    subject: { max: 60, lengthMs: 3_600_000 },
    key: { max: 200, lengthMs: 60_000 },
    project: { max: 2_000, lengthMs: dayMs },
  },
  live: {
    subject: { max: 60, lengthMs: 3_600_000 },
    key: { max: 1_000, lengthMs: 60_000 },
    project: { max: 100_000, lengthMs: dayMs },
  },
};

const scopes = {
  subject: "This subject",
  key: "This key",
  project: "This project",
} as const;

/** Counts a new checkout, or refuses it. A retry of a known checkout is not counted. */
export async function takeCheckout(
  env: RuntimeEnv,
  caller: Caller,
  subjectRef: string,
  now: number,
): Promise<void> {
  const { projectId, mode, region, keyId } = caller;
  const { subject, key, project } = limits[mode];
  const tag = subjectTag(subjectName(identifySubject(caller, subjectRef)));
  const windows = [
    { id: `checkouts/subject/${tag}`, ...subject },
    { id: `checkouts/key/${keyId}`, ...key },
    { id: "checkouts/project", ...project },
  ];
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, mode)), {
    locationHint: region,
  });
  const full = await withTimeout("Keyring", timeouts.consume, keyring.take(windows, now));
  if (full === null) return;
  const scope = (full.id.split("/")[1] ?? "project") as keyof typeof scopes;
  const { max, lengthMs } = limits[mode][scope];
  const seconds = Math.max(1, Math.ceil((full.endsAt - now) / 1_000));
  throw new ApiError(
    "rate_limited",
    `${scopes[scope]} created ${max} checkouts in ${mode} mode, the most in ${formatWindow(lengthMs)}. ` +
      `Retry after ${seconds} s.`,
    {
      headers: {
        "Retry-After": String(seconds),
        RateLimit: `"checkouts-${scope}";r=0;t=${seconds}`,
        "RateLimit-Policy": `"checkouts-${scope}";q=${max};w=${lengthMs / 1_000}`,
      },
    },
  );
}

function formatWindow(lengthMs: number): string {
  if (lengthMs === dayMs) return "a day";
  return lengthMs === 3_600_000 ? "an hour" : "a minute";
}
