/** Two keys in a row go to a page of the navigation: `g`, then one of these. */
const pageKeys: Record<string, { label: string; end: RegExp }> = {
  o: { label: "Overview", end: /^\/p\/[^/]+\/(test|live)$/ },
  i: { label: "Inbox", end: /\/inbox$/ },
  c: { label: "Customers", end: /\/customers$/ },
  e: { label: "Stripe events", end: /\/events$/ },
  d: { label: "Deliveries", end: /\/deliveries$/ },
};

/** How long the second key may take. */
const sequenceMs = 1_500;

/** Handles the keys of every page, never while someone types. */
export function addKeyboard(): void {
  let wentAt = Number.NEGATIVE_INFINITY;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
    const isSecond = event.timeStamp - wentAt < sequenceMs;
    wentAt = Number.NEGATIVE_INFINITY;
    const href = isSecond ? findPage(event.key) : null;
    if (href !== null) location.href = href;
    else if (event.key === "g") wentAt = event.timeStamp;
    else if (findNeighbor(event.key) !== null) findNeighbor(event.key)?.click();
    else if (event.key === "/") focusSearch();
    else if (event.key === "?") showKeys();
    else return;
    event.preventDefault();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"))
  );
}

function findPage(key: string): string | null {
  const end = Object.hasOwn(pageKeys, key) ? pageKeys[key]?.end : undefined;
  if (end === undefined) return null;
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".side nav a")];
  return links.find(({ pathname }) => end.test(pathname))?.href ?? null;
}

/** On a customer's page that a list led to, `k` and `j` go to the previous and the next customer. */
const neighborKeys: Record<string, { label: string; rel: string }> = {
  k: { label: "Previous customer", rel: "prev" },
  j: { label: "Next customer", rel: "next" },
};

function findNeighbor(key: string): HTMLAnchorElement | null {
  const rel = Object.hasOwn(neighborKeys, key) ? neighborKeys[key]?.rel : undefined;
  return rel === undefined ? null : document.querySelector(`.neighbors a[rel=${rel}]`);
}

/** Focuses the search of the page, else that of the frame. */
function focusSearch(): void {
  const fields = [...document.querySelectorAll<HTMLInputElement>("main input[name=q], .find input[name=q]")];
  fields.find((field) => field.checkVisibility())?.focus();
}

function showKeys(): void {
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  const heading = document.createElement("h2");
  heading.id = "keys";
  heading.textContent = "Keyboard shortcuts";
  dialog.setAttribute("aria-labelledby", heading.id);
  const list = document.createElement("dl");
  list.className = "keys";
  for (const [keys, label] of listKeys()) {
    const term = document.createElement("dt");
    for (const key of keys.split(" ")) {
      const element = document.createElement("kbd");
      element.textContent = key;
      term.append(element, " ");
    }
    const meaning = document.createElement("dd");
    meaning.textContent = label;
    list.append(term, meaning);
  }
  dialog.append(heading, list);
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function listKeys(): [keys: string, label: string][] {
  const pages = Object.keys(pageKeys).filter((key) => findPage(key) !== null);
  return [
    ["Ctrl K", "Search, or run a command"],
    ["/", "Focus the search"],
    ...pages.map((key): [string, string] => [`g ${key}`, `Go to ${pageKeys[key]?.label}`]),
    ...(document.querySelector(".neighbors") === null
      ? []
      : Object.entries(neighborKeys).map(([key, { label }]): [string, string] => [key, label])),
    ["?", "Show keyboard shortcuts"],
  ];
}
