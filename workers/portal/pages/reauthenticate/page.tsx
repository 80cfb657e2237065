import { type PendingRequest, PendingRequestFields } from "../../auth/pending-request.tsx";
import { emptyForm, Field, type FormState } from "../../components/fields.tsx";
import { renderPage } from "../../components/layout.tsx";
import { PageHead } from "../../components/parts.tsx";
import type { PortalContext } from "../../request-context.ts";

/** Shows the re-authentication form, which carries the interrupted request. */
export function renderReauthenticationPage(
  c: PortalContext,
  pending: PendingRequest | null,
  form: FormState = emptyForm,
  status: 401 | 422 = 401,
) {
  const { hasPassword, hasSecondFactor } = c.get("session");
  const label = !hasPassword
    ? "Code from your app"
    : hasSecondFactor
      ? "Password, or code from your app"
      : "Password";
  return renderPage(
    c,
    { title: "Confirm that it is you", status },
    <>
      <PageHead
        title="Confirm that it is you"
        lead="Acting in live mode, handling secrets, and taking out or erasing a customer ask for this when the last time was more than 30 minutes ago. Nothing was done yet."
      />
      <form method="post" action="/prove" class="form">
        <PendingRequestFields pending={pending} />
        <Field
          form={form}
          name="proof"
          label={label}
          type="password"
          autocomplete={hasPassword ? "current-password" : "one-time-code"}
          autofocus
        />
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
