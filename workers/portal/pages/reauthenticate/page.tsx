import { type PendingRequest, PendingRequestFields } from "../../auth/pending-request.tsx";
import { CodeField, PasswordField } from "../../components/credential-fields.tsx";
import { ActionButton, emptyForm, type FormState } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { PageHead } from "../../components/parts.tsx";
import type { PortalContext } from "../../request-context.ts";

/** Shows the re-authentication form, which carries the interrupted request. */
export function renderReauthenticationPage(
  c: PortalContext,
  pending: PendingRequest | null,
  form: FormState = emptyForm,
  status: 401 | 422 | 429 = 401,
) {
  const { hasPassword, hasSecondFactor } = c.get("session");
  if (!hasPassword && !hasSecondFactor) return renderSignInAgainPage(c);
  return renderPage(
    c,
    { title: "Confirm your identity", status },
    <>
      <PageHead
        title="Confirm your identity"
        lead="This action requires a password or code from the last 30 minutes. Nothing was changed yet."
      />
      <form method="post" action="/prove" class="form">
        <PendingRequestFields pending={pending} />
        {hasSecondFactor ? (
          <CodeField form={form} name="proof" autofocus />
        ) : (
          <PasswordField form={form} name="proof" autofocus />
        )}
        <div class="row">
          <button class="button primary" type="submit">
            Confirm and continue
          </button>
          <a class="button" href="/">
            Cancel
          </a>
        </div>
      </form>
    </>,
  );
}

/** Without a password or a second factor only the provider can confirm who the operator is. */
function renderSignInAgainPage(c: PortalContext) {
  return renderPage(
    c,
    { title: "Confirm your identity", status: 401 },
    <>
      <PageHead
        title="Confirm your identity"
        lead="You have no password and no second factor. Sign out and sign in again to continue. Nothing was changed yet."
      />
      <ActionButton action="/sign-out" label="Sign out" tone="primary" small={false} />
    </>,
  );
}
