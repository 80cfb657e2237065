import { type Child, Children, createContext, useContext } from "hono/jsx";

/** A column; a string is a column of text with that name. */
export interface Column {
  name: string;
  /**
   * `title` names the row, as the first column does unless it says otherwise. Numbers and buttons are aligned to the end.
   * `pick` holds a checkbox, and its name is for screen readers only.
   */
  kind: "text" | "title" | "number" | "actions" | "pick";
  /** What the head shows instead of the name. */
  head?: Child;
  sorted?: "ascending" | "descending" | undefined;
}

export const numberColumn = (name: string): Column => ({ name, kind: "number" });

export const actionsColumn: Column = { name: "Actions", kind: "actions" };

interface TableProps {
  label: string;
  columns: readonly (string | Column)[];
  /** Class of the box around the table. */
  class?: string;
  /** `Row`s. */
  children?: Child;
}

const Columns = createContext<readonly Column[]>([]);
const CurrentColumn = createContext<Column | undefined>(undefined);

const headClasses: Record<Column["kind"], string | undefined> = {
  text: undefined,
  title: undefined,
  number: "end",
  actions: "end",
  pick: "pick",
};

/**
 * A table. Its head stays in view while its rows scroll. On a narrow screen each row is a card, and every cell says what
 * it is; between the two it scrolls in its own box, which the keyboard can focus.
 */
export function Table({ label, columns: named, class: className, children }: TableProps) {
  const columns = named.map((column, index): Column => {
    if (typeof column !== "string") return column;
    return { name: column, kind: index === 0 ? "title" : "text" };
  });
  return (
    <section
      class={className === undefined ? "scroll" : `scroll ${className}`}
      aria-label={label}
      tabindex={0}
    >
      <table>
        <thead>
          <tr>
            {columns.map(({ name, kind, head, sorted }) => (
              <th scope="col" class={headClasses[kind]} aria-sort={sorted}>
                {kind === "pick" ? <span class="visually-hidden">{name}</span> : (head ?? name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Columns.Provider value={columns}>{children}</Columns.Provider>
        </tbody>
      </table>
    </section>
  );
}

/** A row of a `Table`: one `Cell` for each column, in their order. `null` is no cell. Another number throws. */
export function Row({ id, children }: { id?: string; children?: Child }) {
  const columns = useContext(Columns);
  const cells = Children.toArray(children).flat().filter(Boolean);
  if (cells.length !== columns.length)
    throw new Error(`A row has ${cells.length} cells, and its table ${columns.length} columns.`);
  return (
    <tr id={id}>
      {cells.map((cell, index) => (
        <CurrentColumn.Provider value={columns[index]}>{cell}</CurrentColumn.Provider>
      ))}
    </tr>
  );
}

const cellClasses: Record<Column["kind"], string | undefined> = {
  text: undefined,
  title: undefined,
  number: "num end",
  actions: "end",
  pick: "pick",
};

/** A cell. The class `wrap` lets long words break, and `whole` lets none. */
export function Cell({ class: className, children }: { class?: "wrap" | "whole"; children?: Child }) {
  const column = useContext(CurrentColumn);
  if (column === undefined) throw new Error("A cell is outside of a row.");
  const { name, kind } = column;
  const classes = [cellClasses[kind], className].filter((each) => each !== undefined).join(" ");
  return (
    <td class={classes || undefined} data-label={kind === "text" || kind === "number" ? name : undefined}>
      {children}
    </td>
  );
}
