import * as customers from "../../../../../shared/contract/operations/customers.ts";
import type { Confirmation } from "../../../auth/confirm-first.tsx";
import { renderRefusalPage } from "../../../components/refusal-page.ts";
import { callOperation, toHttpStatus } from "../../../http/call-operation.ts";
import { redirectWith } from "../../../http/flash.ts";
import { readField, readForm } from "../../../http/form.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { renderNotePage } from "../sections/notes.tsx";

export async function addNote(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const form = await readForm(c);
  const note = { noteId: readField(form, "note_id"), note: form["note"] ?? "" };
  const reply = await callOperation(c, customers.addNote, { subjectRef, ...note });
  if (reply.outcome === "done")
    return redirectWith(c, `${buildCustomerPath(c, subjectRef)}?tab=notes#tabs`, "Note added.");
  const status = toHttpStatus(reply);
  return status === 409 || status === 422
    ? renderNotePage(c, { values: form, errors: { note: reply.message } }, status)
    : renderRefusalPage(c, reply);
}

export const confirmDeletion = (c: PortalContext): Confirmation => ({
  title: "Delete this note?",
  text: "Its text is deleted for every operator. This can't be undone.",
  button: "Delete note",
  back: `${buildCustomerPath(c, c.req.param("subject") ?? "")}?tab=notes#tabs`,
});

export async function deleteNote(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const noteId = c.req.param("note") ?? "";
  const reply = await callOperation(c, customers.deleteNote, { subjectRef, noteId });
  return reply.outcome === "refused"
    ? renderRefusalPage(c, reply)
    : redirectWith(c, `${buildCustomerPath(c, subjectRef)}?tab=notes#tabs`, "Note deleted.");
}
