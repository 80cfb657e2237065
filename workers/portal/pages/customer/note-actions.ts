import * as customers from "../../../../shared/contract/operations/customers.ts";
import { refusalPage } from "../../components/refusal-page.ts";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { callOperation, statusOf } from "../../http/outcome.ts";
import { customerPath, type PortalContext } from "../../request-context.ts";
import { notePage } from "./notes.tsx";

export async function addNote(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const form = await readForm(c);
  const note = { noteId: field(form, "note_id"), note: form["note"] ?? "" };
  const reply = await callOperation(c, customers.addNote, { subjectRef, ...note });
  if (reply.outcome === "done")
    return redirectWith(c, `${customerPath(c, subjectRef)}#notes`, "The note is saved.");
  const status = statusOf(reply);
  return status === 409 || status === 422
    ? notePage(c, { values: form, errors: { note: reply.message } }, status)
    : refusalPage(c, reply);
}

export async function deleteNote(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const noteId = c.req.param("note") ?? "";
  const reply = await callOperation(c, customers.deleteNote, { subjectRef, noteId });
  return reply.outcome === "refused"
    ? refusalPage(c, reply)
    : redirectWith(c, `${customerPath(c, subjectRef)}#notes`, "The note is deleted.");
}
