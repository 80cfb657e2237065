/** A download leaves the page open, so its button works again after this time. */
const releaseMs = 8_000;

/**
 * Marks the button of a form that is being sent, and stops a second submit. The button keeps its size. The server makes
 * a form that is sent twice take effect once; this shows that the first click counted.
 */
export function markBusyForms(): void {
  const busy = new Map<HTMLFormElement, Element | null>();
  const release = (form: HTMLFormElement) => {
    busy.get(form)?.removeAttribute("aria-busy");
    busy.delete(form);
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (busy.has(form)) return event.preventDefault();
    const button = event.submitter ?? form.querySelector("button[type=submit]");
    busy.set(form, button);
    button?.setAttribute("aria-busy", "true");
    setTimeout(() => release(form), releaseMs);
  });
  // The browser can show the page again as it was left.
  addEventListener("pageshow", () => {
    for (const form of busy.keys()) release(form);
  });
}
