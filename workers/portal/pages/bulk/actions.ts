import { z } from "zod";
import {
  bulkActionSchema,
  createBulkJob,
  maxBulkCustomers,
  previewBulkJobAgain,
  startBulkJob,
  stopBulkJob,
  undoBulkJob,
} from "../../../../shared/contract/operations/bulk-jobs.ts";
import { actionReason } from "../../../../shared/contract/operations/inputs.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import type { FormState } from "../../components/fields.tsx";
import { formatCustomers } from "../../components/labels/bulk.ts";
import { formatCount } from "../../components/labels/common.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { callOperation, parseForm, toHttpStatus, toRefusedForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { readFormZone } from "../../http/zone-cookie.ts";
import { buildPath, type Form, type PortalContext } from "../../request-context.ts";
import { parseEndOfDay } from "../../time/parse-time.ts";
import { renderBulkForm } from "./form.tsx";
import { formatRefs, type ParsedRefs, parseRefs } from "./parse-refs.ts";

const pathOf = (c: PortalContext, jobId: string) => buildPath(c, `/bulk/${jobId}`);
const jobOf = (c: PortalContext) => c.req.param("job") ?? "";

/** Creates the job: its list is frozen, and its preview begins. */
export async function createJob(c: PortalContext) {
  const form = await readForm(c);
  const list = readList(form);
  // A file is shown as text when the form is shown again.
  const values = { ...form, refs: list.refs.length === 0 ? "" : formatRefs(list.refs) };
  const action = parseForm(
    bulkActionSchema,
    readAction(form, readFormZone(c, form["zone"])),
    fieldNames(form),
  );
  const reason = parseForm(z.object(actionReason), { reason: form["reason"], text: readField(form, "text") });
  const errors: FormState["errors"] = {
    ...checkList(list),
    ...(action.outcome === "invalid" ? action.errors : {}),
    ...(reason.outcome === "invalid" ? reason.errors : {}),
  };
  if (action.outcome === "invalid" || reason.outcome === "invalid" || Object.keys(errors).length > 0)
    return renderBulkForm(c, { values, errors }, 422);
  const reply = await callOperation(c, createBulkJob, {
    jobId: readField(form, "job_id"),
    subjectRefs: list.refs,
    action: action.input,
    ...reason.input,
  });
  if (reply.outcome === "refused") {
    const status = toHttpStatus(reply);
    return status === 401 || status === 403
      ? renderRefusalPage(c, reply)
      : renderBulkForm(c, toRefusedForm(values, reply), status);
  }
  const path = pathOf(c, reply.jobId);
  if (list.doubled === 0) return c.redirect(path, 303);
  const lines =
    list.doubled === 1 ? "1 repeated line was" : `${formatCount(list.doubled)} repeated lines were`;
  return redirectWith(c, path, `${lines} counted once.`);
}

/** The file, if there is one, and the text together. */
function readList(form: Form): ParsedRefs {
  const [text, file] = [parseRefs(form["refs"] ?? ""), parseRefs(form["file"] ?? "")];
  const refs = [...new Set([...text.refs, ...file.refs])];
  const given = text.refs.length + file.refs.length;
  return { refs, doubled: text.doubled + file.doubled + given - refs.length };
}

function checkList({ refs }: ParsedRefs): FormState["errors"] {
  if (refs.length === 0) return { refs: "List at least one customer." };
  if (refs.length <= maxBulkCustomers) return {};
  return { refs: `The list has ${formatCustomers(refs.length)}. Split it into lists of up to 1,000.` };
}

function readAction(form: Form, zone: string) {
  const number = (key: string) =>
    readField(form, key) === "" ? null : parseWholeNumber(readField(form, key));
  const type = form["action"];
  const productCode = readField(form, "product_code");
  const day = readField(form, "ends_on");
  switch (type) {
    case "grant":
      return {
        type,
        productCode,
        units: number("units"),
        durationDays: number("duration_days"),
        expiresAt: day === "" ? null : (parseEndOfDay(day, zone) ?? Number.NaN),
      };
    case "adjust":
      return { type, productCode, how: form["how"], units: number("adjust_units") };
    case "revoke":
      return { type, productCode };
    default:
      return { type };
  }
}

const fieldNames = ({ action }: Form) => ({
  expiresAt: "ends_on",
  ...(action === "adjust" ? { units: "adjust_units" } : {}),
});

export async function startJob(c: PortalContext) {
  const round = parseWholeNumber(readField(await readForm(c), "round"));
  const reply = await callOperation(c, startBulkJob, { jobId: jobOf(c), round });
  return reply.outcome === "refused" ? renderRefusalPage(c, reply) : c.redirect(pathOf(c, jobOf(c)), 303);
}

export async function stopJob(c: PortalContext) {
  const reply = await callOperation(c, stopBulkJob, { jobId: jobOf(c) });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  return redirectWith(c, pathOf(c, jobOf(c)), "Job stopped. What was done stays done.");
}

export async function previewAgain(c: PortalContext) {
  const reply = await callOperation(c, previewBulkJobAgain, { jobId: jobOf(c) });
  return reply.outcome === "refused" ? renderRefusalPage(c, reply) : c.redirect(pathOf(c, jobOf(c)), 303);
}

export async function undoJob(c: PortalContext) {
  const jobId = readField(await readForm(c), "job_id");
  const reply = await callOperation(c, undoBulkJob, { jobId, undoes: jobOf(c) });
  return reply.outcome === "refused" ? renderRefusalPage(c, reply) : c.redirect(pathOf(c, reply.jobId), 303);
}
