/** Copies the complete value, even where it is shown shortened. */
export function addCopyButtons(): void {
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    if (button === null) return;
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
      button.textContent = "Copied";
    } catch {
      // Clipboard access fails without HTTPS, or when the browser denies it. The text can still be
      // selected.
      button.textContent = "Can't copy";
    }
    setTimeout(() => {
      button.textContent = label;
    }, 1_500);
  });
}
