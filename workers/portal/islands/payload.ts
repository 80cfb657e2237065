/** Payloads as a tree that folds and can be searched, in place of the text; what is no JSON stays text. */
export function addPayloadViewers(): void {
  for (const text of document.querySelectorAll<HTMLElement>("[data-payload]")) {
    const value = parse(text.textContent ?? "");
    if (typeof value !== "object" || value === null) continue;
    const tree = document.createElement("div");
    tree.className = "payload tree";
    tree.append(nodeOf(null, value));
    text.replaceWith(searchOf(tree), tree);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function nodeOf(name: string | null, value: unknown): HTMLElement {
  if (typeof value !== "object" || value === null) {
    const leaf = document.createElement("div");
    leaf.className = "leaf";
    leaf.append(...nameOf(name), code(JSON.stringify(value)));
    return leaf;
  }
  const entries = Object.entries(value);
  const branch = document.createElement("details");
  branch.open = true;
  const summary = document.createElement("summary");
  const isList = Array.isArray(value);
  const size = document.createElement("small");
  size.textContent = isList ? `[${entries.length}]` : `{${entries.length}}`;
  summary.append(...nameOf(name), size);
  branch.append(summary, ...entries.map(([key, inner]) => nodeOf(key, inner)));
  return branch;
}

function nameOf(name: string | null): Node[] {
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

/** Shows the lines that hold what is typed, with the branches that lead there, and says how many they are. */
function searchOf(tree: HTMLElement): HTMLElement {
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
    const wanted = input.value.trim().toLowerCase();
    const leaves = [...tree.querySelectorAll<HTMLElement>(".leaf")];
    for (const leaf of leaves) leaf.hidden = !pathOf(leaf, tree).includes(wanted);
    for (const branch of tree.querySelectorAll<HTMLDetailsElement>("details")) {
      branch.hidden = wanted !== "" && branch.querySelector(".leaf:not([hidden])") === null;
      if (wanted !== "") branch.open = true;
    }
    const count = leaves.filter(({ hidden }) => !hidden).length;
    found.textContent = wanted === "" ? "" : count === 1 ? "1 line" : `${count} lines`;
  });
  return box;
}

/** The line's own text after the names of the branches that it is in. */
function pathOf(leaf: HTMLElement, tree: HTMLElement): string {
  let path = leaf.textContent ?? "";
  for (let above = leaf.parentElement; above !== null && above !== tree; above = above.parentElement)
    path = `${above.querySelector("summary b")?.textContent ?? ""} ${path}`;
  return path.toLowerCase();
}
