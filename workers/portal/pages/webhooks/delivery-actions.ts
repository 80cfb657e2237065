import * as deliveries from "../../../../shared/contract/operations/deliveries.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildCustomerPath, buildPath, type PortalContext } from "../../request-context.ts";
import { parseDeliveryFilter } from "./filter.ts";

export async function requeueDelivery(c: PortalContext) {
  const deliveryId = c.req.param("delivery") ?? "";
  const reply = await callOperation(c, deliveries.requeueDelivery, { deliveryId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  // Returns to the page of the button: the customer's page or the delivery's page.
  const subjectRef = readField(await readForm(c), "subject_ref");
  return redirectWith(
    c,
    subjectRef === ""
      ? buildPath(c, `/deliveries/${deliveryId}`)
      : buildCustomerPath(c, subjectRef, `#${deliveryId}`),
    "It is sent again now, and its schedule starts anew.",
  );
}

export async function resendDelivery(c: PortalContext) {
  const deliveryId = c.req.param("delivery") ?? "";
  const reply = await callOperation(c, deliveries.resendDelivery, { deliveryId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(
    c,
    buildPath(c, `/deliveries/${deliveryId}`),
    "It is sent once more, with the same event id.",
  );
}

export async function requeueMany(c: PortalContext) {
  const form = await readForm(c);
  const job = { jobId: readField(form, "job_id"), filter: parseDeliveryFilter(form).filter };
  const reply = await callOperation(c, deliveries.requeueMany, job);
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return c.redirect(buildPath(c, `/deliveries/jobs/${reply.jobId}`), 303);
}

export async function stopJob(c: PortalContext) {
  const jobId = c.req.param("job") ?? "";
  const reply = await callOperation(c, deliveries.stopDeliveryJob, { jobId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(
    c,
    buildPath(c, `/deliveries/jobs/${jobId}`),
    "It is stopped. What was done stays done; the rest is as it was.",
  );
}
