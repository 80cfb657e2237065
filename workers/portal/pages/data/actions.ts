import { subjectJobKinds } from "../../../../shared/contract/operations/data-check.ts";
import { refusalPage } from "../../components/refusal-page.ts";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { asked } from "../../http/outcome.ts";
import { callerOf, type PortalContext, pathTo, placeOf } from "../../request-context.ts";

export async function startDataJob(c: PortalContext) {
  const form = await readForm(c);
  const kind = subjectJobKinds.find((known) => known === field(form, "kind"));
  if (kind === undefined) return refusalPage(c, damagedJob);
  const job = { jobId: field(form, "job_id"), kind };
  const reply = await asked(c.env.RUNTIME.startSubjectJob(callerOf(c), placeOf(c), job));
  if (reply.outcome === "refused") return refusalPage(c, reply);
  return c.redirect(pathTo(c, `/data/${reply.jobId}`), 303);
}

export async function stopDataJob(c: PortalContext) {
  const jobId = c.req.param("job") ?? "";
  const reply = await asked(c.env.RUNTIME.stopSubjectJob(callerOf(c), placeOf(c), jobId));
  if (reply.outcome === "refused") return refusalPage(c, reply);
  return redirectWith(
    c,
    pathTo(c, `/data/${jobId}`),
    "It is stopped. What was done stays done; the rest is as it was.",
  );
}
