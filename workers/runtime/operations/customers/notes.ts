import { addNote, deleteNote, mayDeleteNote } from "../../../../shared/contract/operations/customers.ts";
import { refusal } from "../../../../shared/contract/operations/reply.ts";
import { dataOf } from "../../../../shared/db/databases.ts";
import { insertNote, readNote, deleteNote as removeNote } from "../../db/notes.ts";
import { implementForCustomer } from "../implement.ts";

/** The audit log does not contain the text: deleting a note deletes it everywhere. */
export const add = implementForCustomer(
  addNote,
  async ({ env, scope, actor, now, audit }, { subjectRef, noteId, note: text }) => {
    const { operatorId, name: operatorName } = actor;
    const note = { noteId, ...scope, subjectRef, text, operatorId, operatorName, createdAt: now };
    const entry = audit({ target: subjectRef, after: { noteId, characters: text.length } });
    const stored = await insertNote(dataOf(env, note), note, entry);
    if (stored === null)
      return refusal(
        "conflict",
        "This customer was erased, or the note belongs to another customer. Nothing was saved.",
        "note",
      );
    const isSame = stored.operatorId === operatorId && (stored.text === text || stored.deletedAt !== null);
    if (!isSame)
      return refusal(
        "conflict",
        "This form was already submitted with another text. Reload the page.",
        "note",
      );
    return { outcome: "done" };
  },
);

/** Deleting a deleted note changes nothing. */
export const remove = implementForCustomer(
  deleteNote,
  async ({ env, scope, actor, role, now, audit }, { subjectRef, noteId }) => {
    const note = await readNote(dataOf(env, scope), { ...scope, subjectRef }, noteId);
    if (note === null) return refusal("not_found", "Note not found for this customer.");
    if (!mayDeleteNote(role, note.operatorId === actor.operatorId))
      return refusal("not_allowed", "Only the author of a note, or an admin, can delete it.");
    const before = { noteId, writtenBy: note.operatorName, characters: note.text.length };
    await removeNote(
      dataOf(env, scope),
      noteId,
      { at: now, by: actor.name },
      audit({ target: subjectRef, before }),
    );
    return { outcome: "done" };
  },
);
