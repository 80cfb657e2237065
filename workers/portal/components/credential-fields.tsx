import { Field, type FormState } from "./fields.tsx";

/** The fields for passwords and codes, with what password managers and phones need to fill them. */

interface CredentialFieldProps {
  form: FormState;
  name?: string;
  label?: string;
  autofocus?: boolean;
}

export const PasswordField = (props: CredentialFieldProps) => (
  <Field name="password" label="Password" {...props} type="password" autocomplete="current-password" />
);

export const NewPasswordField = (props: CredentialFieldProps) => (
  <Field
    name="password"
    label="New password"
    {...props}
    type="password"
    autocomplete="new-password"
    hint="At least 12 characters. Use a passphrase."
  />
);

/** A code of the second factor. */
export const CodeField = (props: CredentialFieldProps) => (
  <Field
    name="code"
    label="Code"
    hint="Six digits from your app, or one of your backup codes."
    {...props}
    autocomplete="one-time-code"
    mono
  />
);
