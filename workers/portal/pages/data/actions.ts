import {
  type SubjectJobKind,
  startSubjectJob,
  stopSubjectJob,
} from "../../../../shared/contract/operations/data-check.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";

export async function startDataJob(c: PortalContext) {
  const form = await readForm(c);
  const job = { jobId: readField(form, "job_id"), kind: readField(form, "kind") as SubjectJobKind };
  const reply = await callOperation(c, startSubjectJob, job);
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return c.redirect(buildPath(c, `/data/${reply.jobId}`), 303);
}

export async function stopDataJob(c: PortalContext) {
  const jobId = c.req.param("job") ?? "";
  const reply = await callOperation(c, stopSubjectJob, { jobId });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, buildPath(c, `/data/${jobId}`), "Stopped. Finished work stays done.");
}
