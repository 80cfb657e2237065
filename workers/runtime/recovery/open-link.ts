import { dataOf } from "../../../shared/db/databases.ts";
import type { Moment } from "../../../shared/domain/entitlement.ts";
import { endCheckoutRound, recordOpened, recordOutcome } from "../db/recovery-links.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import type { Purchaser } from "../request-context.ts";
import { callSubject } from "../subject-stub.ts";
import { timeouts } from "../timeouts.ts";
import { claimRequest } from "./claim-request.ts";
import type { FoundLink } from "./find-link.ts";
import { type Recovery, recover } from "./recover.ts";

/**
 * Opens a recovery link: decides what the customer can do now, and makes the URL.
 *
 * Guarantees: of any number of openings at the same time, one opens a checkout and all lead to it. The key of the checkout
 * follows from the link and its round. A round ends when its checkout was paid or has expired, and only then.
 *
 * Assumes: the link was verified, and a person pressed the button.
 *
 * A crash:
 * - after `recordOpened`: the customer sees an error and presses again; the link was opened;
 * - in the checkout: its attempt is finished by the next opening, as that of a repeated API request is;
 * - before `recordOutcome`: the timeline shows the opening without what it led to.
 */

/** The way back now. `none`: access is allowed. */
export type LinkRecovery = Recovery | { action: "none"; url: null; expiresAt: null };

/** Another opening of the same link is at Stripe. */
const waitMs = 500;
const maxWaits = 12;
/** Rounds that one opening can end: the one that is over, and one that ended while it was read. */
const maxRounds = 3;

/** Counted as one key's checkouts are (`checkout/limits.ts`). */
const keyIdOfLinks = "recovery-links";

export async function openLink(
  env: RuntimeEnv,
  { link, region }: FoundLink,
  requestId: string,
  now: Moment,
): Promise<LinkRecovery> {
  const { linkId } = link;
  const data = dataOf(env, link);
  await recordOpened(data, linkId, now);
  const found = await findRecovery(env, { link, region }, requestId, now);
  const missingPermission = "missingPermission" in found ? found.missingPermission : null;
  await recordOutcome(data, linkId, { action: found.action, missingPermission });
  return found;
}

async function findRecovery(
  env: RuntimeEnv,
  { link, region }: Pick<FoundLink, "link" | "region">,
  requestId: string,
  now: Moment,
): Promise<LinkRecovery> {
  const { linkId, projectId, mode, subjectRef } = link;
  const caller: Purchaser = { projectId, mode, region, keyId: keyIdOfLinks };
  const identity = { projectId, mode, region, subjectRef };
  const request = { subject_ref: subjectRef };
  let round = link.checkoutRound;
  for (let waits = 0; ; ) {
    const { decision, entitlements } = await callSubject(
      env,
      identity,
      (subject) => subject.read(),
      timeouts.read,
    );
    if (decision.allowed) return { action: "none", url: null, expiresAt: null };
    const decisive = entitlements.find(({ entitlementId }) => entitlementId === decision.entitlementId);
    const codes = decisive === undefined ? [] : [decisive.productCode];
    const keyed = { endpoint: "recovery link", key: linkId, body: request, requestId, reason: null } as const;
    const inputs = await claimRequest(env, caller, keyed, codes, now);
    // No header has a line break, so no key of a caller is the same.
    const idempotencyKey = `${linkId}\n${round}`;
    try {
      return await recover({ env, caller, request, idempotencyKey, decision, entitlements, inputs, now });
    } catch (error) {
      const code = error instanceof ApiError ? error.code : null;
      if (code === "idempotency_in_progress" && waits < maxWaits) {
        waits++;
        await scheduler.wait(waitMs);
      } else if (code === "idempotency_conflict" && round < link.checkoutRound + maxRounds) {
        await endCheckoutRound(dataOf(env, link), linkId, round);
        round++;
      } else throw error;
    }
  }
}
