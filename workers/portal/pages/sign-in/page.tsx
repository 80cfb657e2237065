import { hasSetupToken } from "../../auth/check-credential.ts";
import { type PendingRequest, PendingRequestFields } from "../../auth/pending-request.tsx";
import { listProviders, providerLabels } from "../../auth/sign-in-service.ts";
import { CodeField, PasswordField } from "../../components/credential-fields.tsx";
import { emptyForm, Field, FieldError, type FormState } from "../../components/fields.tsx";
import { renderSignedOutPage } from "../../components/layout.tsx";
import { getOrigin, type PortalContext } from "../../request-context.ts";

interface SignInOptions {
  status?: 200 | 401 | 422 | 429;
  form?: FormState;
  next?: string | null;
  pending?: PendingRequest | null;
  /** Explains why the operator was sent to this page. */
  note?: string;
}

export function renderSignInPage(c: PortalContext, options: SignInOptions = {}) {
  const { status = 200, form = emptyForm, next = null, pending = null, note } = options;
  const choices = listProviders(c.env);
  const message =
    note ?? (pending?.method === "POST" ? "Your session has ended. Your entries are kept." : null);
  return renderSignedOutPage(
    c,
    { title: "Sign in", status },
    <>
      <h1>Sign in</h1>
      {message === null ? null : <p class="quiet">{message}</p>}
      <form method="post" action="/sign-in" class="form">
        <HiddenFields next={next} pending={pending} />
        <Field form={form} name="email" label="Email" type="email" autocomplete="username" autofocus />
        <PasswordField form={form} />
        <FieldError form={form} name="" />
        <button class="button primary" type="submit">
          Sign in
        </button>
      </form>
      {choices.map((provider) => (
        <form method="post" action={`/sign-in/with/${provider}`} class="form">
          {next === null ? null : <input type="hidden" name="next" value={next} />}
          <button class="button" type="submit">
            Continue with {providerLabels[provider]}
          </button>
        </form>
      ))}
      <p class="quiet">
        <a href="/forgot-password">Forgot your password?</a>
      </p>
      <p class="quiet">Operators are invited by an owner. API keys are refused here.</p>
    </>,
  );
}

/** Shown instead of the form while there is no owner, since no operator could sign in. */
export function renderNotSetUpPage(c: PortalContext) {
  const setupPath = readDevelopmentSetupPath(c);
  return renderSignedOutPage(
    c,
    { title: "Not set up yet" },
    <>
      <h1>Licenzy is not set up yet</h1>
      {c.env.DEV === undefined ? (
        <p>
          Open <code>{getOrigin(c)}/setup?token=…</code> with the value of the secret <code>SETUP_TOKEN</code>{" "}
          to create the first owner. The deployment guide (docs/deploying.md) shows how.{" "}
          {hasSetupToken(c.env) ? null : "The secret is missing or shorter than 32 characters: set it first."}
        </p>
      ) : (
        <p>
          Open the setup link that <code>npm start</code> printed (<code>/setup?token=…</code>) to create the
          first owner.
        </p>
      )}
      {setupPath === null ? null : (
        <a class="button primary" href={setupPath}>
          Set up Licenzy
        </a>
      )}
    </>,
  );
}

/**
 * Returns the setup link in development, and `null` in a deployment, where only the operator knows the token.
 * The host must be the stack's own: a page of a foreign name that resolves to 127.0.0.1 could read the token.
 */
function readDevelopmentSetupPath(c: PortalContext): string | null {
  const { DEV, PUBLIC_ORIGIN, SETUP_TOKEN } = c.env;
  if (DEV === undefined || SETUP_TOKEN === undefined || getOrigin(c) !== PUBLIC_ORIGIN) return null;
  return `/setup?token=${encodeURIComponent(SETUP_TOKEN)}`;
}

export function renderCodePage(
  c: PortalContext,
  options: Pick<SignInOptions, "status" | "form" | "next" | "pending"> = {},
) {
  const { status = 200, form = emptyForm, next = null, pending = null } = options;
  return renderSignedOutPage(
    c,
    { title: "Second factor", status },
    <>
      <h1>Enter the code from your app</h1>
      <form method="post" action="/sign-in/code" class="form">
        <HiddenFields next={next} pending={pending} />
        <CodeField form={form} autofocus />
        <button class="button primary" type="submit">
          Continue
        </button>
      </form>
      <p>
        <a href="/sign-in">Sign in as another operator</a>
      </p>
    </>,
  );
}

function HiddenFields({ next, pending }: { next: string | null; pending: PendingRequest | null }) {
  return (
    <>
      {next === null ? null : <input type="hidden" name="next" value={next} />}
      <PendingRequestFields pending={pending} />
    </>
  );
}
