/** Says below a chart what the column under the pointer stands for; the table beside it says it to everybody. */
export function explainCharts(): void {
  for (const chart of document.querySelectorAll<HTMLElement>("[data-chart]")) {
    const drawing = chart.querySelector("svg");
    const note = chart.querySelector("[data-chart-note]");
    if (drawing === null || note === null) continue;
    const columns = [...drawing.querySelectorAll("rect")];
    drawing.addEventListener("pointermove", ({ clientX }) => {
      const { left, width } = drawing.getBoundingClientRect();
      const index = Math.floor(((clientX - left) / width) * columns.length);
      note.textContent = columns[index]?.querySelector("title")?.textContent ?? "";
    });
    drawing.addEventListener("pointerleave", () => {
      note.textContent = "";
    });
  }
}
