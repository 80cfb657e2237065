import { z } from "zod";
import { productCodePattern } from "../checkout.ts";
import { reservationIdPattern } from "../reservations.ts";
import { maxUnits, time } from "./inputs.ts";

const unitsMessage = "Enter a whole number of units, from 0 to 1,000,000,000,000. A grant needs at least 1.";
const daysMessage = "Enter a whole number of days from 1 to 36,500, or leave blank.";
const dayMessage = "Enter a day such as 2026-12-31, or leave blank.";

const entitlementId = z.string().regex(/^ent_[0-9a-z]{26}$/);
const units = z.number(unitsMessage).int(unitsMessage).min(0, unitsMessage).max(maxUnits, unitsMessage);
const days = z.number(daysMessage).int(daysMessage).min(1, daysMessage).max(36_500, daysMessage);

export const productCode = z.string().regex(productCodePattern, "Choose a product.");

export const grantSchema = z.strictObject({
  type: z.literal("grant"),
  productCode,
  /** Of a usage pack; `null` for the product's own number. */
  units: units.min(1, unitsMessage).nullable(),
  /** Of a time pass; `null` for the product's own duration. */
  durationDays: days.nullable(),
  /** When a subscription or pack ends; `null` for the product's own end, or none. */
  expiresAt: time(dayMessage).nullable(),
});

/** What an adjustment does to the units of a pack. */
export const adjustment = {
  how: z.enum(["add", "remove", "set"], "Choose what to do."),
  units,
};

/** An operator's action on a customer. Times are in milliseconds since 1970. */
export const manualActionSchema = z.discriminatedUnion("type", [
  grantSchema,
  z.strictObject({ type: z.literal("revoke"), entitlementId }),
  z.strictObject({ type: z.literal("adjust"), entitlementId, ...adjustment }),
  z.strictObject({ type: z.literal("lift_hold"), entitlementId, causeId: z.string().min(1).max(255) }),
  z.strictObject({
    type: z.literal("release_reservation"),
    reservationId: z.string().regex(reservationIdPattern),
  }),
  /** `sequence` of the ledger entry to undo. */
  z.strictObject({
    type: z.literal("undo"),
    sequence: z
      .int()
      .min(1)
      .max(2 ** 48 - 1),
  }),
]);
export type ManualActionInput = z.infer<typeof manualActionSchema>;
export type ManualActionType = ManualActionInput["type"];
