import type { z } from "zod";
import type { InputOf, Operation, ReplyOf } from "../../../shared/contract/operations/operation.ts";
import type { Refusal } from "../../../shared/contract/operations/reply.ts";
import { DependencyUnavailableError } from "../../../shared/kit/timeout.ts";
import { alteredForm, parseOptions } from "../../../shared/operations/parse-input.ts";
import type { FormState } from "../components/fields.tsx";
import { type Form, getScope, type PortalContext, toOperatorCaller } from "../request-context.ts";

/** Runs an operation of another worker as the signed-in operator, in the page's project and mode. */
export async function callOperation<O extends Operation & { worker: "runtime" | "deliveries" }>(
  c: PortalContext,
  operation: O,
  input: InputOf<O>,
): Promise<ReplyOf<O>> {
  const isRuntime = operation.worker === "runtime";
  const scope = operation.scope === "project" ? getScope(c) : null;
  const call = { operation: operation.name, caller: toOperatorCaller(c), scope, input };
  try {
    return (await (isRuntime ? c.env.RUNTIME : c.env.WEBHOOKS).run(call)) as ReplyOf<O>;
  } catch (cause) {
    throw new DependencyUnavailableError(isRuntime ? "the runtime" : "the deliveries worker", { cause });
  }
}

/** Form field names that are not the operation's input key in snake case. */
export type FieldNames = Readonly<Record<string, string>>;

/**
 * Returns the sent form with the refusal at its field. A refusal without a field is shown above the button.
 */
export function toRefusedForm(values: Form, { message, field }: Refusal, names: FieldNames = {}): FormState {
  return { values, errors: { [field === undefined ? "" : toFieldName(field, names)]: message } };
}

/** Returns the form field name of an operation's input key. */
function toFieldName(key: string, names: FieldNames = {}): string {
  return names[key] ?? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * Parses form fields with an operation's schema. Errors are keyed by form field and have the schema's
 * messages.
 */
export function parseForm<Schema extends z.ZodType>(
  schema: Schema,
  fields: unknown,
  names: FieldNames = {},
): { outcome: "parsed"; input: z.output<Schema> } | { outcome: "invalid"; errors: FormState["errors"] } {
  const parsed = schema.safeParse(fields, parseOptions);
  if (parsed.success) return { outcome: "parsed", input: parsed.data };
  const { issues } = parsed.error;
  if (issues.some(({ message }) => message === alteredForm))
    return { outcome: "invalid", errors: { "": alteredForm } };
  const errors = issues.map(({ path, message }) => [toFieldName(String(path.at(-1) ?? ""), names), message]);
  return { outcome: "invalid", errors: Object.fromEntries(errors) };
}

const statuses = {
  session_ended: 401,
  not_allowed: 403,
  reauthentication_required: 403,
  not_found: 404,
  invalid: 422,
  conflict: 409,
  stripe: 502,
} as const satisfies Record<Refusal["reason"], number>;

export function toHttpStatus({ reason }: Refusal) {
  return statuses[reason];
}
