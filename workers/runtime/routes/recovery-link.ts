import { currentTime } from "../../../shared/kit/clock.ts";
import { toPlace } from "../../../shared/kit/place.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import { toErrorResponse } from "../http/error-response.ts";
import { keyringName } from "../keys/keyring.ts";
import { countRequest } from "../middleware/rate-limit.ts";
import { type FoundLink, findLink } from "../recovery/find-link.ts";
import { type LinkPage, linkPageReply, linkRedirect } from "../recovery/link-page.tsx";
import { openLink } from "../recovery/open-link.ts";
import { type ApiContext, addLogFields } from "../request-context.ts";
import { timeouts } from "../timeouts.ts";

/**
 * A recovery link, `/r/<token>`. It needs no key, and grants nothing: access starts when Stripe reports a payment.
 *
 * GET shows a page with a button and changes nothing, so that the scanners and previews that open the links in a message
 * open no session at Stripe. The button posts to the same address: that is the click, which decides what to do and leads
 * to Stripe.
 */

/** Requests of one place in 10 seconds, over all links. A person sends a few. */
const requestsPerPlace = 60;
/** Presses of one link in an hour. Each can open a session at Stripe. */
const pressesPerHour = 20;
const hourMs = 3_600_000;

export const showRecoveryLink = (c: ApiContext): Promise<Response> =>
  answer(c, async ({ link }) => linkPageReply(c, { page: "ready", expiresAt: link.expiresAt }));

export const pressRecoveryLink = (c: ApiContext): Promise<Response> =>
  answer(c, async (found, now) => {
    const requestId = c.get("requestId");
    if (!(await takePress(c.env, found, requestId, now))) return linkPageReply(c, { page: "rate_limited" });
    const recovery = await openLink(c.env, found, requestId, now);
    if (recovery.url !== null) return linkRedirect(c, recovery.url);
    return linkPageReply(c, toPage(recovery));
  });

function toPage({ action, expiresAt }: Awaited<ReturnType<typeof openLink>>): LinkPage {
  if (action === "none") return { page: "allowed" };
  return action === "wait" ? { page: "wait", startsAt: expiresAt } : { page: "contact_support" };
}

/** Verifies the link, and turns whatever happens into a page: a person reads it. */
async function answer(
  c: ApiContext,
  onValid: (found: FoundLink, now: number) => Promise<Response>,
): Promise<Response> {
  try {
    const place = toPlace(c.req.header("CF-Connecting-IP") ?? "unknown");
    await countRequest(c.env, `recovery-link/${place}`, requestsPerPlace);
    const now = await currentTime(c.env.DEV);
    const found = await findLink(c.env, c.req.param("token") ?? "", now);
    if (found.state !== "valid") return linkPageReply(c, { page: found.state });
    const { projectId, mode, subjectRef } = found.link;
    addLogFields(c, { projectId, mode, subject: { projectId, mode, subjectRef, region: found.region } });
    return await onValid(found, now);
  } catch (thrown) {
    // Logs it, and says what it is.
    const { status } = toErrorResponse(thrown, c);
    return linkPageReply(c, { page: nameFailure(thrown, status) });
  }
}

/** A request that Stripe or the project's settings refuse is for support; what passes by itself is tried again. */
function nameFailure(thrown: unknown, status: number): "contact_support" | "rate_limited" | "unavailable" {
  if (status === 429) return "rate_limited";
  const isLasting = thrown instanceof ApiError && status < 500 && thrown.code !== "idempotency_in_progress";
  return isLasting ? "contact_support" : "unavailable";
}

/** Counts a press of the link; `false` above the limit. The project's Keyring counts, exactly, for all locations. */
async function takePress(
  env: RuntimeEnv,
  { link: { linkId, projectId, mode }, region }: FoundLink,
  requestId: string,
  now: number,
): Promise<boolean> {
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, mode)), {
    locationHint: region,
  });
  const window = { id: `recovery-links/${linkId}`, max: pressesPerHour };
  const taken = { id: `recovery-links/press/${requestId}`, lengthMs: hourMs, windows: [window] };
  return (await withTimeout("Keyring", timeouts.consume, keyring.take(taken, now))) === null;
}
