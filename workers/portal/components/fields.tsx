import type { Child } from "hono/jsx";
import type { Form } from "../request-context.ts";
import { LiveChip } from "./mode.tsx";

/**
 * The entered values and their errors by field name. An error under the empty name concerns the whole form.
 */
export interface FormState {
  values: Form;
  errors: Readonly<Record<string, string>>;
}

export const emptyForm: FormState = { values: {}, errors: {} };

interface FieldProps {
  form: FormState;
  name: string;
  label: string;
  hint?: Child;
  type?: "text" | "email" | "password" | "number" | "url" | "search" | "date" | "datetime-local";
  required?: boolean;
  autocomplete?: string;
  placeholder?: string;
  inputmode?: "numeric";
  min?: number;
  max?: number;
  mono?: boolean;
  autofocus?: boolean;
  list?: string;
  data?: Record<string, string>;
}

/**
 * A labeled field with its hint and error. The error is shown below the field and announced by screen
 * readers.
 */
export function Field(props: FieldProps) {
  const { form, name, label, hint, type = "text", required = true, mono, data = {}, ...input } = props;
  const error = form.errors[name];
  const ids = [hint === undefined ? null : `${name}-hint`, error === undefined ? null : `${name}-fault`];
  return (
    <div class="field">
      <label for={name}>
        {label}
        {required ? null : <span class="quiet"> (optional)</span>}
      </label>
      <input
        id={name}
        name={name}
        type={type}
        class={mono ? "mono" : undefined}
        required={required}
        value={type === "password" ? "" : (form.values[name] ?? "")}
        aria-invalid={error === undefined ? undefined : "true"}
        aria-describedby={ids.filter((id) => id !== null).join(" ") || undefined}
        {...input}
        {...data}
      />
      {hint === undefined ? null : (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      <FieldError form={form} name={name} />
    </div>
  );
}

interface ChoiceProps {
  form: FormState;
  name: string;
  label: string;
  hint?: Child;
  /** `kind` is read by the style sheet, which shows only the fields of the chosen kind. */
  options: readonly { value: string; label: string; kind?: string }[];
  fallback?: string;
}

export function Select({ form, name, label, hint, options, fallback }: ChoiceProps) {
  const chosen = form.values[name] ?? fallback;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <select id={name} name={name} aria-describedby={hint === undefined ? undefined : `${name}-hint`}>
        {options.map(({ value, label: text, kind }) => (
          <option value={value} data-kind={kind} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
      {hint === undefined ? null : (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      <FieldError form={form} name={name} />
    </div>
  );
}

/** One choice of a few, each with an explanation. */
export function Radios({
  form,
  name,
  label,
  options,
  fallback,
}: {
  form: FormState;
  name: string;
  label: string;
  options: readonly { value: string; label: string; meaning: string }[];
  fallback: string;
}) {
  const chosen = form.values[name] ?? fallback;
  return (
    <fieldset class="field radios">
      <legend>{label}</legend>
      {options.map(({ value, label: text, meaning }) => (
        <label class="radio">
          <input type="radio" name={name} value={value} checked={value === chosen} />
          <span>
            <b>{text}</b>
            <small>{meaning}</small>
          </span>
        </label>
      ))}
      <FieldError form={form} name={name} />
    </fieldset>
  );
}

/** Any number of choices. Each one is a separate field named `<name>_<value>`. */
export function Checkboxes({
  form,
  name,
  label,
  options,
}: {
  form: FormState;
  name: string;
  label: string;
  options: readonly { value: string; label: string; meaning: string }[];
}) {
  return (
    <fieldset class="field radios">
      <legend>{label}</legend>
      {options.map(({ value, label: text, meaning }) => (
        <label class="radio">
          <input
            type="checkbox"
            name={`${name}_${value}`}
            value="on"
            checked={form.values[`${name}_${value}`] === "on"}
          />
          <span>
            <b>{text}</b>
            <small>{meaning}</small>
          </span>
        </label>
      ))}
      <FieldError form={form} name={name} />
    </fieldset>
  );
}

export function FieldError({ form, name }: { form: FormState; name: string }) {
  const error = form.errors[name];
  if (error === undefined) return null;
  return (
    <p class="fault" id={`${name}-fault`} role="alert">
      {error}
    </p>
  );
}

/**
 * A button that posts, in a form that has no other fields. `confirms` marks the button of a confirmed route, so that a
 * script can show the confirmation as a dialog: there, and on no button before it, is the chip of live mode.
 */
export function ActionButton({
  action,
  label,
  fields = {},
  tone = "",
  small = true,
  confirms = false,
}: {
  action: string;
  label: string;
  fields?: Record<string, string>;
  tone?: "" | "primary" | "danger";
  small?: boolean;
  confirms?: boolean;
}) {
  return (
    <form class="inline" method="post" action={action} data-confirm={confirms ? "" : undefined}>
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <button class={["button", tone, small ? "small" : ""].filter(Boolean).join(" ")} type="submit">
        {label}
        {confirms ? null : <LiveChip />}
      </button>
    </form>
  );
}

/** The button that applies a form with fields. */
export function SubmitButton({
  tone = "primary",
  children,
}: {
  tone?: "" | "primary" | "danger";
  children: Child;
}) {
  return (
    <button class={tone === "" ? "button" : `button ${tone}`} type="submit">
      {children}
      <LiveChip />
    </button>
  );
}
