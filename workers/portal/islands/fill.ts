/** Buttons that offer a fitting value for a field. */
export function addFillButtons(): void {
  document.addEventListener("click", (event) => {
    const button =
      event.target instanceof Element ? event.target.closest<HTMLButtonElement>("[data-fill]") : null;
    const field = button?.form?.elements.namedItem(button.dataset["fill"] ?? "");
    if (button === null || !(field instanceof HTMLInputElement)) return;
    field.value = button.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
}
