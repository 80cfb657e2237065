import * as deliveries from "../../../../shared/contract/operations/deliveries.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { readFilterFields } from "../../http/query.ts";
import { getZone } from "../../http/zone-cookie.ts";
import { buildCustomerPath, buildPath, type PortalContext } from "../../request-context.ts";
import { filterNames, parseDeliveryFilter } from "./filter.ts";
import { renderInvalidFilterPage } from "./requeue.tsx";

export async function requeueDelivery(c: PortalContext) {
  const deliveryId = c.req.param("delivery") ?? "";
  const reply = await callOperation(c, deliveries.requeueDelivery, { deliveryId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  // Returns to the page of the button: the delivery's page, or the beginning of the customer's, which has the result.
  const subjectRef = readField(await readForm(c), "subject_ref");
  return redirectWith(
    c,
    subjectRef === ""
      ? buildPath(c, `/deliveries/${deliveryId}`)
      : buildCustomerPath(c, subjectRef, "?tab=webhooks"),
    "Delivery queued for retry.",
  );
}

export async function resendDelivery(c: PortalContext) {
  const deliveryId = c.req.param("delivery") ?? "";
  const reply = await callOperation(c, deliveries.resendDelivery, { deliveryId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, `/deliveries/${deliveryId}`), "Event resent with the same ID.");
}

export async function requeueMany(c: PortalContext) {
  const form = await readForm(c);
  const { job_id: jobId = "", ...fields } = form;
  const parsed = parseDeliveryFilter(readFilterFields(Object.entries(fields), filterNames), getZone(c));
  if (parsed.outcome === "invalid") return renderInvalidFilterPage(c, parsed);
  const reply = await callOperation(c, deliveries.requeueMany, { jobId, filter: parsed.filter });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return c.redirect(buildPath(c, `/deliveries/jobs/${reply.jobId}`), 303);
}

export async function stopJob(c: PortalContext) {
  const jobId = c.req.param("job") ?? "";
  const reply = await callOperation(c, deliveries.stopDeliveryJob, { jobId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, `/deliveries/jobs/${jobId}`), "Stopped. Finished work stays done.");
}
