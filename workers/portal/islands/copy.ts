const shownMs = 1_500;

/**
 * Copies the complete value, even where it is shown shortened. The button swaps its icon, so that nothing around it
 * moves, and a live region announces the result.
 */
export function addCopyButtons(): void {
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.body.append(status);
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    if (button === null) return;
    // Clipboard access fails without HTTPS, or when the browser denies it. The text can still be selected.
    const copied = await navigator.clipboard?.writeText(button.dataset["copy"] ?? "").then(
      () => true,
      () => false,
    );
    button.dataset["copied"] = copied === true ? "yes" : "no";
    status.textContent = copied === true ? "Copied" : "Can't copy. Select the text instead.";
    setTimeout(() => {
      delete button.dataset["copied"];
      status.textContent = "";
    }, shownMs);
  });
}
