import MiniSearch, { type SearchResult } from "minisearch";
import { searchOptions } from "./search-options.ts";

const maxResults = 12;

/** Opens the search by its button, `/` or Ctrl-K. The index is loaded at the first use. */
export function enableSearch(): void {
  const button = document.querySelector<HTMLButtonElement>("[data-open-search]");
  const dialog = document.querySelector<HTMLDialogElement>("dialog.search");
  const input = dialog?.querySelector("input");
  const list = dialog?.querySelector("#search-results");
  const hint = dialog?.querySelector<HTMLElement>(".hint");
  if (!button || !dialog || !input || !list || !hint) return;
  button.hidden = false;
  let index: Promise<MiniSearch> | undefined;
  let chosen = 0;

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    hint.textContent = "Type to search. Enter opens the result.";
    index ??= loadIndex();
    index.catch(() => {
      index = undefined;
      hint.textContent = "The search index could not be loaded. Close and retry.";
    });
  };

  const choose = (position: number) => {
    const options = [...list.querySelectorAll<HTMLElement>("[role=option]")];
    if (options.length === 0) return;
    chosen = (position + options.length) % options.length;
    for (const [at, option] of options.entries()) option.ariaSelected = String(at === chosen);
    options[chosen]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[chosen]?.id ?? "");
  };

  const show = async () => {
    const query = input.value.trim();
    const found = query === "" ? [] : ((await index)?.search(query).slice(0, maxResults) ?? []);
    // A later key was pressed while the index loaded.
    if (query !== input.value.trim()) return;
    list.replaceChildren(...found.map(toOption));
    input.setAttribute("aria-expanded", String(found.length > 0));
    hint.textContent =
      query === ""
        ? "Type to search. Enter opens the result."
        : found.length === 0
          ? `No results for “${query}”`
          : `${found.length === maxResults ? "First " : ""}${found.length} results`;
    choose(0);
  };

  button.addEventListener("click", open);
  input.addEventListener("input", () => void show().catch(() => undefined));
  dialog.addEventListener("click", ({ target }) => {
    if (target === dialog) dialog.close();
  });
  list.addEventListener("click", () => dialog.close());
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen + (event.key === "ArrowDown" ? 1 : -1));
    }
    if (event.key === "Enter") {
      event.preventDefault();
      list.querySelector<HTMLAnchorElement>("[aria-selected=true]")?.click();
    }
  });
  addEventListener("keydown", (event) => {
    const isTyping = (event.target as HTMLElement).closest("input, textarea") !== null;
    const isShortcut = event.key === "/" ? !isTyping : event.key === "k" && (event.ctrlKey || event.metaKey);
    if (!isShortcut) return;
    event.preventDefault();
    open();
  });
}

async function loadIndex(): Promise<MiniSearch> {
  const reply = await fetch(document.body.dataset["search"] ?? "");
  if (!reply.ok) throw new Error(`The search index answered ${reply.status}`);
  return MiniSearch.loadJSON(await reply.text(), searchOptions);
}

function toOption(result: SearchResult, position: number): HTMLElement {
  const option = document.createElement("a");
  option.role = "option";
  option.id = `result-${position}`;
  option.href = String(result.id);
  option.tabIndex = -1;
  const title = document.createElement("strong");
  title.textContent = String(result["title"]);
  const page = document.createElement("small");
  page.textContent = result["page"] === result["title"] ? "" : String(result["page"]);
  const excerpt = document.createElement("span");
  excerpt.textContent = String(result["excerpt"]);
  option.append(title, page, excerpt);
  return option;
}
