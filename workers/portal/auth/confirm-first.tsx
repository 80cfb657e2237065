import type { Child } from "hono/jsx";
import { SubmitButton } from "../components/fields.tsx";
import { renderPage } from "../components/layout.tsx";
import { readForm } from "../http/form.ts";
import type { Form, PortalContext } from "../request-context.ts";

/** What the operator reads before a change that can't be undone. */
export interface Confirmation {
  /** Names the change and what it affects, as a question. */
  title: Child;
  /** What happens, in sentences. */
  text: Child;
  /** Verb and object. */
  button: string;
  /** The page to return to. */
  back: string;
}

/**
 * Returns what to confirm about the sent form, a response in its place when there is nothing to act on, or `null` when
 * this form needs no confirmation.
 */
export type Confirm = (
  c: PortalContext,
  form: Form,
) => Confirmation | Response | null | Promise<Confirmation | Response | null>;

/** The field that only a confirmation's form has. */
const confirmedField = "confirmed";

/** The header of a script's request for a confirmation. Such a request never reaches the handler. */
const previewHeader = "Licenzy-Confirmation";

/**
 * Returns the confirmation page of a form that was not confirmed yet, or `null` when the request may pass. With scripts
 * the same page is shown as a dialog (islands/confirm.ts).
 */
export async function confirmFirst(c: PortalContext, confirm: Confirm | undefined): Promise<Response | null> {
  const isPreview = c.req.header(previewHeader) !== undefined;
  const form = confirm === undefined ? {} : await readForm(c);
  const isOpen = confirm !== undefined && (isPreview || form[confirmedField] !== "yes");
  const found = isOpen ? await confirm(c, form) : null;
  if (found === null) return isPreview ? c.body(null, 204) : null;
  return found instanceof Response ? found : renderConfirmation(c, found, form);
}

function renderConfirmation(c: PortalContext, { title, text, button, back }: Confirmation, form: Form) {
  const { pathname, search } = new URL(c.req.url);
  const fields = Object.entries(form).filter(([name]) => name !== confirmedField);
  return renderPage(
    c,
    { title: button },
    <section class="confirmation">
      <h1>{title}</h1>
      <p>{text}</p>
      <form method="post" action={pathname + search}>
        {fields.map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <input type="hidden" name={confirmedField} value="yes" />
        <div class="row">
          <SubmitButton tone="danger">{button}</SubmitButton>
          <a class="button" href={back} data-dialog-close>
            Cancel
          </a>
        </div>
      </form>
    </section>,
  );
}
