/** Switches between light and dark, and remembers the choice. Without one the system decides. */
export function enableThemeSwitch(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-switch-theme]");
  if (button === null) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const isDark =
      root.dataset["theme"] === undefined
        ? matchMedia("(prefers-color-scheme: dark)").matches
        : root.dataset["theme"] === "dark";
    const next = isDark ? "light" : "dark";
    root.dataset["theme"] = next;
    localStorage.setItem("licenzy-docs-theme", next);
  });
}
