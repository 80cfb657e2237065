import { renderSignedOutPage } from "../components/layout.tsx";
import type { PortalContext } from "../request-context.ts";
import type { PendingRequest } from "./pending-request.tsx";

/**
 * Continues after sign-in: redirects to the requested page, or shows the form that was sent when the
 * session ended.
 *
 * The form needs a click on a button, since a different person may have signed in.
 */
export function continueAfterSignIn(
  c: PortalContext,
  { next, pending }: { next: string | null; pending: PendingRequest | null },
) {
  if (pending === null || pending.method === "GET") return c.redirect(pending?.path ?? next ?? "/", 303);
  return renderSignedOutPage(
    c,
    { title: "Signed in again" },
    <>
      <h1>Signed in again</h1>
      <p>Your form was kept and has not been sent yet.</p>
      <form method="post" action={pending.path} class="form">
        {Object.entries(pending.fields).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <div class="row">
          <button class="button primary" type="submit">
            Send form
          </button>
          <a class="button" href="/">
            Discard form
          </a>
        </div>
      </form>
    </>,
  );
}
