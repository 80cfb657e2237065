import type { OperatorCaller, OperatorReply, Place } from "./operator.ts";
import type { AccessView, ActionReason } from "./support.ts";

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

  /** What erasing the customer would take away. Nothing is done. */
  previewErase(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
  ): Promise<OperatorReply<{ preview: ErasePreview }>>;
  /** `erasureId` was chosen with the form: sending that twice erases once. Under way, it is finished within minutes. */
  eraseCustomer(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    erase: EraseCommand,
  ): Promise<OperatorReply<{ state: "running" | "done" }>>;
}

export interface ErasePreview {
  access: AccessView;
  entitlements: number;
  entries: number;
  /** Checkouts that can still be paid at Stripe: the money would come, and nothing would follow. */
  openCheckouts: number;
  /** Subscriptions that go on at Stripe: they are paid for as long as nobody ends them there. */
  openSubscriptions: string[];
  notes: number;
  stripeEvents: number;
  deliveries: number;
}

export interface EraseCommand {
  erasureId: string;
  /** The customer's `subject_ref`, typed again. */
  confirmation: string;
  reason: ActionReason;
  /** In the operator's words, 1-500 characters. It stays, so it must not name the customer. */
  text: string;
}
