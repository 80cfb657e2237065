import {
  type OperatorCaller,
  type OperatorReply,
  type Place,
  refusal,
} from "../../../shared/contract/operator.ts";
import { maxNoteCharacters } from "../../../shared/contract/records.ts";
import { mayActAs } from "../../../shared/contract/roles.ts";
import type { AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { insertNote, readNote, deleteNote as removeNote } from "../../../shared/db/notes.ts";
import type { RuntimeEnv } from "../env.ts";
import { openCustomer } from "./customer.ts";

const noteIdForm = /^note_[0-9a-z]{26}$/;

/** Writes a note of the customer. The text itself is not in the audit log: deleting a note takes it from everywhere. */
export async function addNote(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  { noteId, text: written }: { noteId: string; text: string },
): Promise<OperatorReply> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "support" });
  if (customer.outcome === "refused") return customer;
  const { actor, now } = customer;
  const text = written.replaceAll("\r\n", "\n").trim();
  if (text.length === 0 || text.length > maxNoteCharacters)
    return refusal("invalid", "Write something, at most 4,000 characters.", "note");
  if (!noteIdForm.test(noteId)) return refusal("invalid", "The form is damaged. Open the page anew.", "note");
  const { operatorId, name: operatorName } = actor;
  const note = { noteId, ...place, subjectRef, text, operatorId, operatorName, createdAt: now };
  const after = { noteId, characters: text.length };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "customer.note_add",
    target: subjectRef,
    ...place,
    after,
  };
  const there = await d1(insertNote(env.DB, note, audit));
  if (there === null)
    return refusal(
      "conflict",
      "This customer was erased, or another one has this note. Nothing was saved.",
      "note",
    );
  const isSame = there.operatorId === operatorId && (there.text === text || there.deletedAt !== null);
  if (!isSame)
    return refusal("conflict", "This form was sent before with another text. Open the page anew.", "note");
  return { outcome: "done" };
}

/** By who wrote it, or an admin. A note that is deleted already stays so. */
export async function deleteNote(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  noteId: string,
): Promise<OperatorReply> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "support" });
  if (customer.outcome === "refused") return customer;
  const { actor, role, now } = customer;
  const note = await d1(readNote(env.DB, { ...place, subjectRef }, noteId));
  if (note === null) return refusal("not_found", "This customer has no such note.");
  if (note.operatorId !== actor.operatorId && !mayActAs(role, "admin"))
    return refusal("not_allowed", "Only who wrote a note, or an admin, can delete it.");
  const before = { noteId, writtenBy: note.operatorName, characters: note.text.length };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "customer.note_delete",
    target: subjectRef,
    ...place,
    before,
  };
  await d1(removeNote(env.DB, noteId, { at: now, by: actor.name }, audit));
  return { outcome: "done" };
}
