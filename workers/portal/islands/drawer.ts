/**
 * Opens an action's page in a drawer over the customer's page, and previews it while its form is filled in. Without
 * scripts the link opens the page itself, and "Review changes" shows the preview.
 *
 * Applying is a normal form post: the browser leaves the page, and the server decides as always.
 */
export function addDrawer(enhance: (part: ParentNode) => void): void {
  document.addEventListener("click", (event) => {
    const link =
      event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-drawer]") : null;
    if (link === null || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    void new Drawer(enhance).open(link.href);
  });
}

/** How long the form must rest before it is previewed. */
const restMs = 350;

class Drawer {
  private readonly dialog = document.createElement("dialog");
  private readonly body = document.createElement("div");
  /** The fields that the shown preview belongs to. */
  private previewed = "";
  private timer = 0;

  constructor(private readonly enhance: (part: ParentNode) => void) {
    this.dialog.className = "drawer";
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button plain icon-only drawer-close";
    close.setAttribute("aria-label", "Close");
    close.textContent = "✕";
    close.addEventListener("click", () => this.dialog.close());
    this.dialog.append(close, this.body);
    this.dialog.addEventListener("close", () => this.dialog.remove());
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  async open(url: string): Promise<void> {
    const main = await readMain(url);
    // Signed out, no permission, or no network: the page itself says so.
    if (main === null) return location.assign(url);
    this.body.replaceChildren(...main.childNodes);
    const heading = this.body.querySelector("h1");
    if (heading !== null) {
      heading.id = "drawer-title";
      this.dialog.setAttribute("aria-labelledby", heading.id);
    }
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.enhance(this.body);
    const form = this.body.querySelector("form");
    if (form === null) return;
    restoreReason(form);
    form.querySelector<HTMLElement>("input:not([type=hidden]), select")?.focus();
    form.addEventListener("input", () => this.schedule(form));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.submit(form);
    });
    this.body.querySelector("[data-drawer-close]")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.dialog.close();
    });
    this.schedule(form);
  }

  private schedule(form: HTMLFormElement): void {
    clearTimeout(this.timer);
    if (this.previewed !== serialize(form)) this.body.querySelector(".live-preview")?.remove();
    // A sync reads Stripe, so it is previewed on request only.
    if (form.action.endsWith("/sync/preview") || !form.checkValidity()) return;
    this.timer = window.setTimeout(() => void this.preview(form), restMs);
  }

  /** Enter applies what is shown, and previews what is not. */
  private async submit(form: HTMLFormElement): Promise<void> {
    const confirm = this.body.querySelector<HTMLFormElement>(".live-preview form");
    if (confirm !== null && this.previewed === serialize(form)) return confirm.requestSubmit();
    clearTimeout(this.timer);
    await this.preview(form, true);
  }

  private async preview(form: HTMLFormElement, isRequested = false): Promise<void> {
    const fields = serialize(form);
    const main = await readMain(form.action, {
      method: "POST",
      body: fields,
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    });
    if (main === null) return isRequested ? form.submit() : undefined;
    // The form changed while the preview was on its way.
    if (fields !== serialize(form)) return;
    const confirm = main.querySelector("form");
    const isPreview = confirm !== null && !confirm.action.endsWith("/preview");
    if (!isPreview && !isRequested) return;
    if (!isPreview) return form.submit();
    rememberReason(form);
    this.previewed = fields;
    main.querySelector(".page-head")?.remove();
    const preview = document.createElement("div");
    preview.className = "live-preview";
    preview.setAttribute("aria-live", "polite");
    preview.append(...main.childNodes);
    preview.querySelector("[data-drawer-close]")?.remove();
    this.body.querySelector(".live-preview")?.remove();
    form.after(preview);
    this.enhance(preview);
    if (isRequested) preview.scrollIntoView({ block: "nearest" });
  }
}

const serialize = (form: HTMLFormElement): string =>
  new URLSearchParams([...new FormData(form)].map(([name, value]) => [name, String(value)])).toString();

/** Reads the main part of a page of the portal. Returns `null` when it is not the requested page. */
async function readMain(url: string, options: RequestInit = {}): Promise<Element | null> {
  const response = await fetch(url, options).catch(() => null);
  if (response === null || response.redirected || ![200, 409, 422].includes(response.status)) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html").querySelector("#main");
}

const reasonFields = ["reason", "text"];

/** Remembers the reason in this tab, because one ticket often takes several actions. */
function rememberReason(form: HTMLFormElement): void {
  for (const name of reasonFields)
    sessionStorage.setItem(`reason:${name}`, String(new FormData(form).get(name) ?? ""));
}

function restoreReason(form: HTMLFormElement): void {
  for (const name of reasonFields) {
    const field = form.elements.namedItem(name);
    const known = sessionStorage.getItem(`reason:${name}`);
    if (known === null || known === "") continue;
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = known;
  }
}
