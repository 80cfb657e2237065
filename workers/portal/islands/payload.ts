/** Replaces JSON payloads with a searchable tree that folds. Other payloads stay text. */
export function addPayloadViewers(): void {
  for (const text of document.querySelectorAll<HTMLElement>("[data-payload]")) {
    const value = parse(text.textContent ?? "");
    if (typeof value !== "object" || value === null) continue;
    const tree = document.createElement("div");
    tree.className = "payload tree";
    tree.append(buildNode(null, value));
    text.replaceWith(buildSearch(tree), tree);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function buildNode(name: string | null, value: unknown): HTMLElement {
  if (typeof value !== "object" || value === null) {
    const leaf = document.createElement("div");
    leaf.className = "leaf";
    leaf.append(...buildName(name), code(JSON.stringify(value)));
    return leaf;
  }
  const entries = Object.entries(value);
  const branch = document.createElement("details");
  branch.open = true;
  const summary = document.createElement("summary");
  const isList = Array.isArray(value);
  const size = document.createElement("small");
  size.textContent = isList ? `[${entries.length}]` : `{${entries.length}}`;
  summary.append(...buildName(name), size);
  branch.append(summary, ...entries.map(([key, inner]) => buildNode(key, inner)));
  return branch;
}

function buildName(name: string | null): Node[] {
  if (name === null) return [];
  const element = document.createElement("b");
  element.textContent = name;
  return [element, document.createTextNode(" ")];
}

function code(text: string): HTMLElement {
  const element = document.createElement("code");
  element.textContent = text;
  return element;
}

/** Shows the lines that contain the text, with their branches, and their number. */
function buildSearch(tree: HTMLElement): HTMLElement {
  const box = document.createElement("div");
  box.className = "payload-search";
  const input = document.createElement("input");
  input.type = "search";
  input.placeholder = "Search in the payload…";
  input.setAttribute("aria-label", "Search in the payload");
  const found = document.createElement("output");
  found.className = "quiet";
  box.append(input, found);
  input.addEventListener("input", () => {
    const searchText = input.value.trim().toLowerCase();
    const leaves = [...tree.querySelectorAll<HTMLElement>(".leaf")];
    for (const leaf of leaves) leaf.hidden = !toSearchText(leaf, tree).includes(searchText);
    for (const branch of tree.querySelectorAll<HTMLDetailsElement>("details")) {
      branch.hidden = searchText !== "" && branch.querySelector(".leaf:not([hidden])") === null;
      if (searchText !== "") branch.open = true;
    }
    const count = leaves.filter(({ hidden }) => !hidden).length;
    found.textContent = searchText === "" ? "" : count === 1 ? "1 line" : `${count} lines`;
  });
  return box;
}

/** Returns the text of a line after the names of its branches, in lower case. */
function toSearchText(leaf: HTMLElement, tree: HTMLElement): string {
  let path = leaf.textContent ?? "";
  for (let above = leaf.parentElement; above !== null && above !== tree; above = above.parentElement)
    path = `${above.querySelector("summary b")?.textContent ?? ""} ${path}`;
  return path.toLowerCase();
}
