import { z } from "zod";

/** Parts that the inputs of several operations share. An error without a message means that the form was altered. */

/** An id that the form chose, so that sending the form twice acts once. */
export const formId = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`));

/** The `updated_at` that a form was made from: an edit over someone else's edit is refused. */
export const version = z.number();

/** 1 to 36,500 days. */
export const days = (message: string) =>
  z.coerce.number(message).int(message).min(1, message).max(36_500, message);

export const maxUnits = 1_000_000_000_000;

/** The reasons for an action, one of which an operator chooses. They add a text. */
export const actionReasons = [
  "customer_request",
  "goodwill",
  "paid_elsewhere",
  "our_mistake",
  "incident",
  "abuse",
  "other",
] as const;
export type ActionReason = (typeof actionReasons)[number];

const noteMessage = "Say why in a few words, at most 500 characters.";

/** The reason of a change to a customer: a choice, and 1 to 500 characters of text. */
export const actionReason = {
  reason: z.enum(actionReasons, "Choose why you do this."),
  text: z.string(noteMessage).trim().min(1, noteMessage).max(500, noteMessage),
};
export interface ActionReasonInput {
  reason: ActionReason;
  text: string;
}
