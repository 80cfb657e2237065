import { trackRecentCustomers } from "./recent-customers.ts";

interface Result {
  label: string;
  kind: string;
  href: string;
}

const pauseMs = 120;

/**
 * Opens on Ctrl-K or Cmd-K. Lists the customers shown last, the actions of the page, every page and project; and what the
 * text leads to: any id, address or part of a `subject_ref`.
 */
export function addPalette(): void {
  const search = document.querySelector<HTMLFormElement>("[data-palette]");
  const recent = listRecent(search);
  const pages = listPages(document);
  if (pages.length === 0) return;
  const dialog = buildDialog();
  const input = dialog.querySelector("input");
  const list = dialog.querySelector<HTMLElement>("[role=listbox]");
  if (input === null || list === null) return;
  let results: Result[] = [];
  let chosen = 0;
  let latestRequest = 0;

  const show = () => {
    list.replaceChildren(
      ...results.map((result, index) => buildOption(result, index, index === chosen, () => go(result))),
    );
    input.setAttribute("aria-activedescendant", results.length > 0 ? `option-${chosen}` : "");
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };
  let searching: Promise<void> | undefined;
  const find = async () => {
    const text = input.value.trim();
    const request = ++latestRequest;
    const own = [...recent, ...listActions(), ...pages];
    const matching = own.filter(({ label, kind }) =>
      `${label} ${kind}`.toLowerCase().includes(text.toLowerCase()),
    );
    results = text === "" ? own : putExactFirst([...matching, ...buildSearchLink(search, text)], text);
    chosen = 0;
    show();
    if (text === "" || search === null) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (request !== latestRequest) return;
    const found = await findAt(`${search.dataset["palette"]}?q=${encodeURIComponent(text)}`);
    if (request !== latestRequest) return;
    const known = new Set(found.results.map(({ href }) => new URL(href, location.href).href));
    const others = matching.filter(({ href }) => !known.has(href));
    const link = found.search === null ? buildSearchLink(search, text) : [found.search];
    // A pasted id matches no page's name, so what it leads to comes first.
    results = putExactFirst([...others, ...found.results, ...link], text);
    show();
  };
  // What the search finds may come first, so Enter waits for it: it must not open a customer of a similar name.
  const openChosen = async () => {
    await searching;
    const result = results[chosen];
    if (result !== undefined) go(result);
  };
  input.addEventListener("input", () => {
    searching = find();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && results.length > 0) chosen = (chosen + step + results.length) % results.length;
    else if (event.key === "Enter") void openChosen();
    else return;
    event.preventDefault();
    show();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    if (dialog.open) return dialog.close();
    input.value = "";
    dialog.showModal();
    void find();
  });
}

function listPages(root: Document): Result[] {
  const links = root.querySelectorAll<HTMLAnchorElement>(".side nav a, .side .switcher li a");
  return [...links].map((link) => ({
    label: link.textContent?.trim() ?? "",
    kind:
      link.closest(".switcher") === null
        ? (link.closest(".group")?.firstElementChild?.textContent ?? "")
        : "Project",
    href: link.href,
  }));
}

const maxActions = 12;

/** The links that the page shows as buttons, as they are now. Pages of a list are no actions. */
function listActions(): Result[] {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("main a.button:not([rel])")];
  const actions = links.map((link) => ({
    label: link.textContent?.trim() ?? "",
    kind: "This page",
    href: link.href,
  }));
  return actions
    .filter(({ href }, index) => actions.findIndex((other) => other.href === href) === index)
    .slice(0, maxActions);
}

function listRecent(search: HTMLFormElement | null): Result[] {
  const customers = trackRecentCustomers();
  if (search === null) return [];
  return customers.map((subjectRef) => ({
    label: subjectRef,
    kind: "Recent customer",
    href: `${search.action}/${encodeURIComponent(subjectRef)}`,
  }));
}

function buildSearchLink(search: HTMLFormElement | null, text: string): Result[] {
  if (search === null) return [];
  return [
    {
      label: `Search customers for “${text}”`,
      kind: "Search",
      href: `${search.action}?q=${encodeURIComponent(text)}`,
    },
  ];
}

async function findAt(address: string): Promise<{ results: Result[]; search: Result | null }> {
  try {
    const reply = await fetch(address);
    if (reply.ok) return await reply.json();
  } catch {
    // Pages and the link to the search are still listed.
  }
  return { results: [], search: null };
}

function go({ href }: Result): void {
  location.href = href;
}

function buildDialog(): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.setAttribute("aria-label", "Search");
  const input = document.createElement("input");
  // With `search`, the first Escape would clear the field instead of closing the dialog.
  input.type = "text";
  input.placeholder = "Paste an ID or address, or type a page or customer";
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", "palette-list");
  input.setAttribute("aria-label", "Search");
  const list = document.createElement("div");
  list.id = "palette-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Results");
  dialog.append(input, list);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  document.body.append(dialog);
  return dialog;
}

function buildOption(
  { label, kind }: Result,
  index: number,
  isChosen: boolean,
  choose: () => void,
): HTMLElement {
  const element = document.createElement("div");
  element.id = `option-${index}`;
  element.setAttribute("role", "option");
  element.setAttribute("aria-selected", String(isChosen));
  const name = document.createElement("bdi");
  name.className = "ref";
  name.textContent = label;
  const group = document.createElement("span");
  group.className = "kind";
  group.textContent = kind;
  element.append(name, group);
  element.addEventListener("click", choose);
  return element;
}

/** A whole name is meant, even where other results begin with it. The order of the others stays. */
const putExactFirst = (results: Result[], text: string): Result[] => [
  ...results.filter(({ label }) => label === text),
  ...results.filter(({ label }) => label !== text),
];
