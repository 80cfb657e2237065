import { type Child, jsx } from "hono/jsx";
import { describe, expect, it } from "vitest";
import {
  actionsColumn,
  Cell,
  type Column,
  numberColumn,
  Row,
  Table,
} from "../../../workers/portal/components/table.tsx";
import { read, readSourceFiles } from "../../architecture/source-files.ts";

const cell = (text: string) => jsx(Cell, {}, text);

function render(columns: readonly (string | Column)[], cells: Child[]): string {
  return String(jsx(Table, { label: "Products", columns }, jsx(Row, {}, ...(cells as never[]))));
}

describe("a table", () => {
  it("names each cell by its column, but not the title of a row and its buttons", () => {
    const rendered = render(
      ["Name", "Status", numberColumn("Units"), actionsColumn],
      [cell("Pro"), null, [cell("Active"), cell("12")], cell("Edit")],
    );
    expect(rendered).toContain(
      '<tr><td>Pro</td><td data-label="Status">Active</td><td class="num end" data-label="Units">12</td><td class="end">Edit</td></tr>',
    );
  });

  it("escapes what its head and its labels say", () => {
    const rendered = render(["Name", '"<b>'], [cell("<i>"), cell("1")]);
    expect(rendered).toContain('<td>&lt;i&gt;</td><td data-label="&quot;&lt;b&gt;">1</td>');
    expect(rendered).toContain('<th scope="col">&quot;&lt;b&gt;</th>');
  });

  it("refuses a row with fewer or more cells than columns", () => {
    expect(() => render(["Name", "Status"], [cell("Pro")])).toThrow("1 cells, and its table 2 columns");
    expect(() => render(["Name"], [cell("Pro"), cell("12")])).toThrow("2 cells, and its table 1 columns");
  });

  it("is the only place of the portal that writes tables, rows and cells", () => {
    const writers = readSourceFiles("workers/portal")
      .map(({ path }) => path)
      .filter((path) => /<(?:table|tr|td|th)\b/.test(read(path)));
    expect(writers).toEqual(["workers/portal/components/table.tsx"]);
  });
});
