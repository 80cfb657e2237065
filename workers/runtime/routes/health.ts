import { errorMessage, log } from "../../../shared/kit/log.ts";
import { DependencyUnavailableError, withTimeout } from "../../../shared/kit/timeout.ts";
import { jsonReply } from "../reply.ts";
import type { RuntimeContext } from "../request-context.ts";
import { timeouts } from "../timeouts.ts";

/** The worker runs. Asks nothing of anybody. */
export function healthz(c: RuntimeContext): Response {
  return jsonReply(c, { ok: true });
}

/**
 * Whether everything that some route needs answers. Not ready means that checkouts and Stripe's events wait for D1: checks,
 * reads and consumes with known keys go on without it, so traffic must not be turned away because of a 503 here.
 */
export async function readyz(c: RuntimeContext): Promise<Response> {
  try {
    await withTimeout("D1", timeouts.readiness, c.env.DB.prepare("SELECT 1").first());
    return jsonReply(c, { ok: true, d1: "ok" });
  } catch (error) {
    if (!(error instanceof DependencyUnavailableError)) throw error;
    log("warn", "readyz.d1_unavailable", { error: errorMessage(error.cause) });
    return jsonReply(c, { ok: false, d1: "unavailable" }, { status: 503, headers: { "Retry-After": "5" } });
  }
}
