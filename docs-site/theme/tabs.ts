const storageKey = "licenzy-docs-tab";

/** Shows one of several alternatives, and remembers the choice for other groups with the same label. */
export function enableTabs(): void {
  for (const [index, group] of [...document.querySelectorAll<HTMLElement>(".tabs")].entries()) {
    const panels = [...group.querySelectorAll<HTMLElement>(".panel")];
    const list = document.createElement("div");
    list.className = "tab-list";
    list.role = "tablist";
    list.ariaLabel = "Alternatives";
    const tabs = panels.map((panel, position) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.role = "tab";
      tab.textContent = panel.dataset["tab"] ?? "";
      tab.id = `tab-${index}-${position}`;
      panel.id = `panel-${index}-${position}`;
      panel.role = "tabpanel";
      tab.setAttribute("aria-controls", panel.id);
      panel.setAttribute("aria-labelledby", tab.id);
      tab.addEventListener("click", () => {
        select(position);
        localStorage.setItem(storageKey, panel.dataset["tab"] ?? "");
      });
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        const next = (position + step + panels.length) % panels.length;
        select(next);
        tabs[next]?.focus();
      });
      list.append(tab);
      return tab;
    });
    const select = (chosen: number) => {
      for (const [position, panel] of panels.entries()) {
        panel.hidden = position !== chosen;
        tabs[position]?.setAttribute("aria-selected", String(position === chosen));
        if (tabs[position] !== undefined) tabs[position].tabIndex = position === chosen ? 0 : -1;
      }
    };
    group.prepend(list);
    group.classList.add("enabled");
    const remembered = panels.findIndex(({ dataset }) => dataset["tab"] === localStorage.getItem(storageKey));
    select(Math.max(0, remembered));
  }
}
