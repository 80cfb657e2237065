import { z } from "zod";
import { type ActionReasonInput, actionReason } from "../../../../../shared/contract/operations/inputs.ts";
import {
  type ManualActionInput,
  manualActionSchema,
} from "../../../../../shared/contract/operations/manual-action.ts";
import type { Refusal } from "../../../../../shared/contract/operations/reply.ts";
import { parseWholeNumber } from "../../../../../shared/contract/whole-number.ts";
import type { FormState } from "../../../components/fields.tsx";
import { parseForm, toRefusedForm } from "../../../http/call-operation.ts";
import { readField } from "../../../http/form.ts";
import type { Form } from "../../../request-context.ts";
import { parseEndOfDay } from "../../../time/parse-time.ts";
import { isZone } from "../../../time/zone.ts";

/** The manual actions by the name in their URL, with their type in the contract and their page title. */
export const actions = {
  grant: { type: "grant", title: "Grant access" },
  revoke: { type: "revoke", title: "Revoke an entitlement" },
  adjust: { type: "adjust", title: "Adjust credits" },
  "lift-hold": { type: "lift_hold", title: "Lift a hold" },
  "release-reservation": { type: "release_reservation", title: "Release held units" },
  undo: { type: "undo", title: "Undo an action" },
  sync: { type: "sync", title: "Sync from Stripe" },
} as const;
export type ActionName = keyof typeof actions;

export function parseActionName(word: string | undefined): ActionName | null {
  const names = Object.keys(actions) as ActionName[];
  return names.find((name) => name === word) ?? null;
}

type FieldErrors = FormState["errors"];

/** Parses the reason of an action. Returns errors by field when it is incomplete. */
export function parseReason(form: Form): ActionReasonInput | { errors: FieldErrors } {
  const parsed = parseForm(z.object(actionReason), { reason: form["reason"], text: readField(form, "text") });
  return parsed.outcome === "parsed" ? parsed.input : { errors: parsed.errors };
}

/** Parses the form of a manual action. Returns errors by field when it is not valid. */
export function parseManualAction(
  name: Exclude<ActionName, "sync">,
  form: Form,
): ManualActionInput | { errors: FieldErrors } {
  const fields = { type: actions[name].type, ...readFields(name, form) };
  const parsed = parseForm(manualActionSchema, fields, fieldNames);
  return parsed.outcome === "parsed" ? parsed.input : { errors: parsed.errors };
}

function readFields(name: Exclude<ActionName, "sync">, form: Form) {
  const number = (key: string) =>
    readField(form, key) === "" ? null : parseWholeNumber(readField(form, key));
  switch (name) {
    case "grant":
      return {
        productCode: readField(form, "product_code"),
        units: number("units"),
        durationDays: number("duration_days"),
        expiresAt: readField(form, "ends_on") === "" ? null : endOfDay(form),
      };
    case "revoke":
      return { entitlementId: readField(form, "entitlement_id") };
    case "adjust":
      return { entitlementId: readField(form, "entitlement_id"), how: form["how"], units: number("units") };
    case "lift-hold":
      return { entitlementId: readField(form, "entitlement_id"), causeId: readField(form, "cause_id") };
    case "release-reservation":
      return { reservationId: readField(form, "reservation_id") };
    case "undo":
      return { sequence: number("sequence") };
  }
}

/** Returns the end of the last day, in the zone that the form names. The last day counts in full. */
function endOfDay(form: Form): number {
  const zone = readField(form, "zone");
  return parseEndOfDay(readField(form, "ends_on"), isZone(zone) ? zone : "UTC") ?? Number.NaN;
}

/** The form has the last day of a grant, and the contract has its end. */
const fieldNames = { expiresAt: "ends_on" };

/** Returns the form with the runtime's refusal at its field, if it has one. */
export function toRefusedActionForm(values: Form, refusal: Refusal): FormState {
  return toRefusedForm(values, refusal, fieldNames);
}
