import type { Refusal } from "../../../../shared/contract/operations/reply.ts";
import { actionReasons, type ActionReason } from "../../../../shared/contract/operations/inputs.ts";
import { manualActionSchema, type ManualActionInput } from "../../../../shared/contract/operations/manual-action.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import type { FormState } from "../../components/fields.tsx";
import { field } from "../../http/form.ts";
import type { Form } from "../../request-context.ts";

/** The actions as their addresses name them; what each is in the contract, and on its page. */
export const actions = {
  grant: { type: "grant", title: "Grant access" },
  revoke: { type: "revoke", title: "Revoke an entitlement" },
  adjust: { type: "adjust", title: "Adjust credits" },
  "lift-hold": { type: "lift_hold", title: "Lift a hold" },
  undo: { type: "undo", title: "Undo an action" },
  sync: { type: "sync", title: "Sync from Stripe" },
} as const;
export type ActionName = keyof typeof actions;

export function actionOf(word: string | undefined): ActionName | null {
  const names = Object.keys(actions) as ActionName[];
  return names.find((name) => name === word) ?? null;
}

export interface Why {
  reason: ActionReason;
  text: string;
}

type Faults = FormState["faults"];

/** Why the operator acts, or what is missing. */
export function readWhy(form: Form): Why | { faults: Faults } {
  const reason = actionReasons.find((known) => known === form["reason"]);
  const text = field(form, "text");
  const faults = {
    ...(reason === undefined ? { reason: "Choose why you do this." } : {}),
    ...(text === "" || text.length > 500 ? { text: "Say why in a few words, at most 500 characters." } : {}),
  };
  return reason === undefined || Object.keys(faults).length > 0 ? { faults } : { reason, text };
}

/** What to do, as the contract has it, or what is wrong with it by field. */
export function readManualForm(
  name: Exclude<ActionName, "sync">,
  form: Form,
): ManualActionInput | { faults: Faults } {
  const parsed = manualActionSchema.safeParse({ type: actions[name].type, ...fieldsOf(name, form) });
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path }) => faultOf[String(path[0])] ?? damaged);
  return { faults: Object.fromEntries(faults) };
}

function fieldsOf(name: Exclude<ActionName, "sync">, form: Form) {
  const number = (key: string) => (field(form, key) === "" ? null : Number(field(form, key)));
  switch (name) {
    case "grant":
      return {
        productCode: field(form, "product_code"),
        units: number("units"),
        durationDays: number("duration_days"),
        expiresAt: field(form, "ends_on") === "" ? null : endOfDay(field(form, "ends_on")),
      };
    case "revoke":
      return { entitlementId: field(form, "entitlement_id") };
    case "adjust":
      return { entitlementId: field(form, "entitlement_id"), how: form["how"], units: number("units") };
    case "lift-hold":
      return { entitlementId: field(form, "entitlement_id"), causeId: field(form, "cause_id") };
    case "undo":
      return { sequence: number("sequence") };
  }
}

/** The last day counts: it ends at midnight UTC after it. */
const endOfDay = (day: string): number => Date.parse(`${day}T00:00Z`) + dayMs;

const damaged = ["", "The form is damaged. Open the action anew from the customer's page."] as const;

const faultOf: Record<string, readonly [string, string]> = {
  productCode: ["product_code", "Choose a product."],
  units: ["units", "A whole number of units is needed, from 0 to 1,000,000,000,000; to grant, from 1."],
  durationDays: ["duration_days", "A whole number of days from 1 to 36,500, or nothing."],
  expiresAt: ["ends_on", "A day such as 2026-12-31, or nothing."],
  how: ["how", "Choose what to do."],
};

/** Where a form shows what the runtime found wrong with it; everything else stands above the button. */
const fieldOfRefusal: Record<string, string> = {
  reason: "reason",
  text: "text",
  units: "units",
  product: "product_code",
  productCode: "product_code",
  durationDays: "duration_days",
  expiresAt: "ends_on",
  expires_at: "ends_on",
};

export function refusedAction(values: Form, { message, field: about = "" }: Refusal): FormState {
  return { values, faults: { [fieldOfRefusal[about] ?? ""]: message } };
}
