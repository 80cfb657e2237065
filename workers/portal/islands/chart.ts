/**
 * Describes the selected bar, for the pointer and the keyboard. The chart is one Tab stop, and the arrow
 * keys move from one to the next.
 *
 * Screen readers see the chart as a slider, which has the same keys.
 */
export function explainCharts(): void {
  for (const plot of document.querySelectorAll<HTMLElement>("[data-chart]")) explain(plot);
}

function explain(plot: HTMLElement): void {
  // The parts of a stacked bar have no title of their own: one that covers all of them does.
  const bars = [...plot.querySelectorAll("rect")].filter((rect) => rect.querySelector("title") !== null);
  const texts = bars.map((bar) => {
    const title = bar.querySelector("title");
    // Otherwise, the browser would show the title a second time.
    title?.remove();
    return title?.textContent ?? "";
  });
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  // The slider's value has the same text.
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
    // Centers the tip on the bar, but keeps it inside the chart. The content security policy allows style
    // properties.
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
