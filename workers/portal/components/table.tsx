import { html, raw } from "hono/html";
import type { Child } from "hono/jsx";

interface TableProps {
  label: string;
  head: readonly Child[];
  /** Indexes of columns of numbers, which are aligned to the end. */
  ends?: readonly number[];
  children?: Child;
}

/**
 * A table. Its head stays in view while its rows scroll. On a narrow screen each row is a card, and every cell says what
 * it is; between the two it scrolls in its own box, which the keyboard can focus.
 */
export function Table({ label, head, ends = [], children }: TableProps) {
  const rows = html`${children}`.toString();
  return (
    <section class="scroll" aria-label={label} tabindex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell, index) => (
              <th scope="col" class={ends.includes(index) ? "end" : undefined}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{raw(labelCells(rows, head.map(toText), ends))}</tbody>
      </table>
    </section>
  );
}

/** Text in a cell can't be taken for a tag: rendering has escaped it. */
const toText = (cell: Child): string => html`${cell}`.toString().replace(/<[^>]*>/g, "");

/** Names each cell by its column, and aligns the numbers, so that rows don't repeat what the head says. */
function labelCells(rows: string, names: string[], ends: readonly number[]): string {
  let column = 0;
  return rows.replace(/<(tr|td)(?: class="([^"]*)")?(?=[ >])/g, (_tag, tag: string, classes?: string) => {
    if (tag === "tr") {
      column = 0;
      return classes === undefined ? "<tr" : `<tr class="${classes}"`;
    }
    const name = names[column] ?? "";
    const all = [...(classes === undefined ? [] : [classes]), ...(ends.includes(column) ? ["num end"] : [])];
    column++;
    return `<td${all.length === 0 ? "" : ` class="${all.join(" ")}"`} data-label="${name}"`;
  });
}
