/**
 * Shows the confirmation page of a form as a dialog. Without scripts, or when the page can't be read, the form is sent
 * as always and the server shows the page itself.
 */
export function confirmInDialog(enhance: (part: ParentNode) => void): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset["confirm"] === undefined) return;
    event.preventDefault();
    void confirmForm(form, enhance);
  });
}

async function confirmForm(form: HTMLFormElement, enhance: (part: ParentNode) => void): Promise<void> {
  if (document.querySelector("dialog.confirm") !== null) return;
  const content = await readConfirmation(form);
  if (content === null) return form.submit();
  const dialog = document.createElement("dialog");
  dialog.className = "confirm";
  dialog.setAttribute("role", "alertdialog");
  dialog.append(content);
  label(dialog, "h1", "aria-labelledby", "confirm-title");
  label(dialog, "p", "aria-describedby", "confirm-text");
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  const cancel = dialog.querySelector<HTMLElement>("[data-dialog-close]");
  cancel?.addEventListener("click", (event) => {
    event.preventDefault();
    dialog.close();
  });
  document.body.append(dialog);
  enhance(dialog);
  dialog.showModal();
  // Enter must not confirm by accident.
  cancel?.focus();
}

/** The header keeps the server from acting, whatever the form says. */
async function readConfirmation(form: HTMLFormElement): Promise<Element | null> {
  const fields = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
  const response = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { "Licenzy-Confirmation": "show" },
  }).catch(() => null);
  if (response === null || response.status !== 200 || response.redirected) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector(".confirmation");
}

function label(dialog: Element, selector: string, attribute: string, id: string): void {
  const element = dialog.querySelector(selector);
  if (element === null) return;
  element.id = id;
  dialog.setAttribute(attribute, id);
}
