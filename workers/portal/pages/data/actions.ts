import {
  type SubjectJobKind,
  startSubjectJob,
  stopSubjectJob,
} from "../../../../shared/contract/operations/data-check.ts";
import { refusalPage } from "../../components/refusal-page.ts";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { callOperation } from "../../http/outcome.ts";
import { type PortalContext, pathTo } from "../../request-context.ts";

export async function startDataJob(c: PortalContext) {
  const form = await readForm(c);
  const job = { jobId: field(form, "job_id"), kind: field(form, "kind") as SubjectJobKind };
  const reply = await callOperation(c, startSubjectJob, job);
  if (reply.outcome === "refused") return refusalPage(c, reply);
  return c.redirect(pathTo(c, `/data/${reply.jobId}`), 303);
}

export async function stopDataJob(c: PortalContext) {
  const jobId = c.req.param("job") ?? "";
  const reply = await callOperation(c, stopSubjectJob, { jobId });
  if (reply.outcome === "refused") return refusalPage(c, reply);
  return redirectWith(
    c,
    pathTo(c, `/data/${jobId}`),
    "It is stopped. What was done stays done; the rest is as it was.",
  );
}
