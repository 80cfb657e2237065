import * as stripe from "../../../../shared/contract/operations/stripe.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";

export async function retryEvent(c: PortalContext) {
  const eventId = c.req.param("event") ?? "";
  const reply = await callOperation(c, stripe.retryStripeEvent, { eventId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const path = buildPath(c, `/events/${eventId}`);
  const detail = reply.detail === null ? "" : `: ${reply.detail}`;
  if (reply.status === "applied") return redirectWith(c, path, "Event processed.");
  if (reply.status === "ignored") return redirectWith(c, path, `No change needed${detail}.`);
  return redirectWith(c, path, `Processing failed again${detail}. Licenzy retries automatically.`, "bad");
}
