import { errorMessage, log } from "../../../shared/kit/log.ts";
import { insertSampledRefusal } from "../db/sign-in-refusals.ts";
import { getIpAddress, type PortalContext } from "../request-context.ts";

/**
 * Records a refused password or code in the audit log, at most one per operator and hour: a stranger's tries
 * must not fill it. It is written after the response, so that its time does not reveal whether the address
 * has an account.
 */
export function recordRefusal(c: PortalContext, email: string): void {
  const { method, path } = c.get("route");
  const refusal = { email, at: c.get("now"), route: `${method} ${path}`, ipAddress: getIpAddress(c) };
  c.executionCtx.waitUntil(
    insertSampledRefusal(c.env.DB, refusal).catch((error: unknown) =>
      log("error", "audit.refusal_failed", { requestId: c.get("requestId"), error: errorMessage(error) }),
    ),
  );
}
