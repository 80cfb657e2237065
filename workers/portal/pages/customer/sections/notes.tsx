import {
  addNote,
  deleteNote,
  maxNoteCharacters,
  mayDeleteNote,
} from "../../../../../shared/contract/operations/customers.ts";
import { newId } from "../../../../../shared/kit/ids.ts";
import { mayRun } from "../../../auth/may-run.ts";
import { ActionButton, emptyForm, FieldError, type FormState } from "../../../components/fields.tsx";
import { renderPage } from "../../../components/layout.tsx";
import { Card, PageHead } from "../../../components/parts.tsx";
import { Time } from "../../../components/time.tsx";
import type { CustomerLists, CustomerNote } from "../../../db/customer.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { maxRowsPerList } from "../load.ts";

/** Notes by operators for other operators. Customers and their backends never see them. */
export function Notes({
  c,
  subjectRef,
  lists: { notes },
}: {
  c: PortalContext;
  subjectRef: string;
  lists: CustomerLists;
}) {
  return (
    <Card id="notes" title="Notes" note="Seen by operators only">
      {notes.length === 0 ? <p class="pad quiet">Nobody wrote anything yet.</p> : null}
      {notes.length === 0 ? null : (
        <ul class="rows">
          {notes.map((note) => (
            <Note c={c} note={note} />
          ))}
        </ul>
      )}
      {notes.length === maxRowsPerList ? (
        <p class="pad quiet">
          The newest {maxRowsPerList} are listed. Older ones are in the export of all data.
        </p>
      ) : null}
      {mayRun(c, addNote) ? (
        <div class="pad">
          <NoteForm c={c} subjectRef={subjectRef} form={emptyForm} />
        </div>
      ) : null}
    </Card>
  );
}

function Note({ c, note }: { c: PortalContext; note: CustomerNote }) {
  const { role, operatorId } = c.get("member");
  const canDelete = mayRun(c, deleteNote) && mayDeleteNote(role, note.operatorId === operatorId);
  const path = buildCustomerPath(c, note.subjectRef, `/notes/${note.noteId}/delete`);
  return (
    <li id={note.noteId}>
      {note.deletedAt === null ? (
        <p class="note-text">{note.text}</p>
      ) : (
        <p class="quiet">Deleted by {note.deletedBy}.</p>
      )}
      <div class="row">
        <small class="quiet">
          {note.operatorName}, <Time at={note.createdAt} now={c.get("now")} />
        </small>
        {canDelete && note.deletedAt === null ? <ActionButton action={path} label="Delete" /> : null}
      </div>
    </li>
  );
}

function NoteForm({ c, subjectRef, form }: { c: PortalContext; subjectRef: string; form: FormState }) {
  // The id is chosen with the form, so that a form sent twice is one note.
  const noteId = form.values["note_id"] ?? newId("note", c.get("now"));
  return (
    <form method="post" action={buildCustomerPath(c, subjectRef, "/notes")} class="form">
      <input type="hidden" name="note_id" value={noteId} />
      <div class="field">
        <label for="note">Write a note</label>
        <textarea
          id="note"
          name="note"
          rows={3}
          required
          maxlength={maxNoteCharacters}
          aria-invalid={form.errors["note"] === undefined ? undefined : "true"}
          aria-describedby={form.errors["note"] === undefined ? undefined : "note-fault"}
        >
          {form.values["note"] ?? ""}
        </textarea>
        <FieldError form={form} name="note" />
      </div>
      <div class="row">
        <button class="button" type="submit">
          Save note
        </button>
      </div>
    </form>
  );
}

/** Shows the form alone, with its errors and the entered text. */
export function renderNotePage(c: PortalContext, form: FormState, status: 409 | 422) {
  const subjectRef = c.req.param("subject") ?? "";
  return renderPage(
    c,
    { title: "Write a note", status },
    <>
      <PageHead
        title="Write a note"
        lead={<a href={buildCustomerPath(c, subjectRef)}>Back to {subjectRef}</a>}
      />
      <NoteForm c={c} subjectRef={subjectRef} form={form} />
    </>,
  );
}
