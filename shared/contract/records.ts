import type { OperatorCaller, OperatorReply, Place } from "./operator.ts";

/** What operators write down of a customer, take out and erase (spec page 4). */

export const maxNoteCharacters = 4_000;

export interface RecordsRpc {
  /** `noteId` was chosen with the form: sending that twice writes one note. */
  addNote(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    note: { noteId: string; text: string },
  ): Promise<OperatorReply>;
  /** By its author, or an admin. */
  deleteNote(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    noteId: string,
  ): Promise<OperatorReply>;

  /**
   * The next part of the file that holds everything of the customer, as text. `cursor` is `null` for the first part, then
   * what the part before said; the file ends where that says `null`.
   */
  exportCustomer(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    cursor: string | null,
  ): Promise<OperatorReply<{ text: string; next: string | null }>>;
}
