import {
  addNote,
  deleteNote,
  maxNoteCharacters,
  mayDeleteNote,
} from "../../../../../shared/contract/operations/customers.ts";
import { newId } from "../../../../../shared/kit/ids.ts";
import { mayRun } from "../../../auth/may-run.ts";
import {
  ActionButton,
  emptyForm,
  FieldError,
  type FormState,
  SubmitButton,
} from "../../../components/fields.tsx";
import { renderPage } from "../../../components/layout.tsx";
import { Card, PageHead } from "../../../components/parts.tsx";
import { Ref } from "../../../components/ref.tsx";
import { Time } from "../../../components/time.tsx";
import type { CustomerLists, CustomerNote } from "../../../db/customer.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { maxRowsPerList } from "../load.ts";

interface Props {
  c: PortalContext;
  subjectRef: string;
  lists: CustomerLists;
}

/** Notes by operators for other operators. Customers and their backends never see them. */
export function Notes({ c, subjectRef, lists: { notes } }: Props) {
  return (
    <div id="notes">
      {mayRun(c, addNote) ? (
        <div class="pad">
          <NoteForm c={c} subjectRef={subjectRef} form={emptyForm} />
        </div>
      ) : null}
      {notes.length === 0 ? <p class="pad quiet">No notes yet.</p> : <NoteList c={c} notes={notes} />}
      {notes.length === maxRowsPerList ? (
        <p class="pad quiet">
          Showing the latest {maxRowsPerList}. Older notes are in the export of all data.
        </p>
      ) : null}
    </div>
  );
}

const maxInCard = 3;

/** The newest notes, next to the entitlements, so that no one overlooks them. */
export function NotesCard({ c, subjectRef, lists: { notes } }: Props) {
  const path = `${buildCustomerPath(c, subjectRef)}?tab=notes#tabs`;
  return (
    <Card
      title="Notes"
      note={
        <a class="button small" href={path}>
          {mayRun(c, addNote) ? "Add note" : "View all"}
        </a>
      }
    >
      {notes.length === 0 ? (
        <p class="pad quiet">No notes yet. Only operators see notes.</p>
      ) : (
        <NoteList c={c} notes={notes.slice(0, maxInCard)} />
      )}
    </Card>
  );
}

function NoteList({ c, notes }: { c: PortalContext; notes: CustomerNote[] }) {
  return (
    <ul class="rows">
      {notes.map((note) => (
        <Note c={c} note={note} />
      ))}
    </ul>
  );
}

function Note({ c, note }: { c: PortalContext; note: CustomerNote }) {
  const { role, operatorId } = c.get("member");
  const canDelete = mayRun(c, deleteNote) && mayDeleteNote(role, note.operatorId === operatorId);
  const path = buildCustomerPath(c, note.subjectRef, `/notes/${note.noteId}/delete`);
  return (
    <li>
      {note.deletedAt === null ? (
        <p class="note-text">{note.text}</p>
      ) : (
        <p class="quiet">Deleted by {note.deletedBy}.</p>
      )}
      <div class="row">
        <small class="quiet">
          {note.operatorName}, <Time at={note.createdAt} now={c.get("now")} />
        </small>
        {canDelete && note.deletedAt === null ? (
          <ActionButton action={path} label="Delete note…" confirms />
        ) : null}
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
        <label for="note">Add a note</label>
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
        <SubmitButton tone="">Save note</SubmitButton>
      </div>
    </form>
  );
}

/** Shows the form alone, with its errors and the entered text. */
export function renderNotePage(c: PortalContext, form: FormState, status: 409 | 422) {
  const subjectRef = c.req.param("subject") ?? "";
  return renderPage(
    c,
    { title: "Add a note", status },
    <>
      <PageHead
        title="Add a note"
        lead={
          <a href={buildCustomerPath(c, subjectRef)}>
            Back to <Ref value={subjectRef} />
          </a>
        }
      />
      <NoteForm c={c} subjectRef={subjectRef} form={form} />
    </>,
  );
}
