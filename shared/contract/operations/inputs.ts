import { z } from "zod";
import { wholeNumber } from "../whole-number.ts";

/** Parts that the inputs of several operations share. An error without a message means that the form was altered. */

/** An id that the form chose, so that sending the form twice acts once. */
export const formId = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`));

/** An id of ours that names an existing object. An unknown one finds nothing. */
export const objectId = z.string().max(64);

/** An id of Stripe's. */
export const stripeId = z.string().max(255);

/** The end of the calendar: the last millisecond of the year 9999, in milliseconds since 1970. */
const maxTime = 253_402_300_799_999;

/** A time in milliseconds since 1970. */
export const time = (message?: string) => z.int(message).min(0, message).max(maxTime, message);

/** The `updated_at` that a form was made from: an edit over someone else's edit is refused. */
export const version = time();

/** 1 to 36,500 days. */
export const days = (message: string) => wholeNumber({ min: 1, max: 36_500, message });

/** What a preview depended on, as a hash. */
export const fingerprint = z.string().max(128);

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

const noteMessage = "Add a short note (max 500 characters).";

/** The reason of a change to a customer: a choice, and 1 to 500 characters of text. */
export const actionReason = {
  reason: z.enum(actionReasons, "Choose a reason."),
  text: z.string(noteMessage).trim().min(1, noteMessage).max(500, noteMessage),
};
export interface ActionReasonInput {
  reason: ActionReason;
  text: string;
}
