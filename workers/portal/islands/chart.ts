/**
 * Says what a bar stands for, under the pointer and from the keyboard: the chart is one stop of the Tab key and the
 * arrow keys go from day to day, as on a slider, which is what screen readers are told it is.
 */
export function explainCharts(): void {
  for (const plot of document.querySelectorAll<HTMLElement>("[data-chart]")) explain(plot);
}

function explain(plot: HTMLElement): void {
  const bars = [...plot.querySelectorAll("rect")];
  const texts = bars.map((bar) => {
    const title = bar.querySelector("title");
    // It would show a second time, by the browser itself.
    title?.remove();
    return title?.textContent ?? "";
  });
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  // The slider's own value says the same.
  tip.setAttribute("aria-hidden", "true");
  plot.append(tip);
  let at = bars.length - 1;

  const show = (index: number) => {
    bars[at]?.classList.remove("at");
    at = Math.min(bars.length - 1, Math.max(0, index));
    bars[at]?.classList.add("at");
    plot.setAttribute("aria-valuenow", String(at + 1));
    plot.setAttribute("aria-valuetext", texts[at] ?? "");
    tip.textContent = texts[at] ?? "";
    tip.hidden = false;
    const share = (at + 0.5) / bars.length;
    // From the bar's middle, but never past an end of the chart. Set as properties, which the policy allows.
    tip.style.left = `${share * 100}%`;
    tip.style.translate = `${share * -100}%`;
  };
  const hide = () => {
    bars[at]?.classList.remove("at");
    tip.hidden = true;
  };

  plot.tabIndex = 0;
  plot.setAttribute("role", "slider");
  plot.setAttribute("aria-label", plot.dataset["chart"] ?? "");
  plot.setAttribute("aria-valuemin", "1");
  plot.setAttribute("aria-valuemax", String(bars.length));
  show(at);
  hide();
  plot.addEventListener("focus", () => show(at));
  plot.addEventListener("blur", hide);
  plot.addEventListener("pointermove", ({ clientX }) => {
    const { left, width } = plot.getBoundingClientRect();
    show(Math.floor(((clientX - left) / width) * bars.length));
  });
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hide();
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: bars.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(next);
  });
}
